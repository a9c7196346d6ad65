"""The figures of each step, and what changed from the one before, as cells of tables in the terminal."""

from collections.abc import Mapping, Sequence

from tasks.reports.predictions.catalog import kind_of, moved, written
from tasks.reports.predictions.summary import StepFigure, StepSummary, TrainingSummary
from tasks.reports.words import visible

Row = Mapping[str, str]

CHANGES = ("step", "since", "metric", "before", "after", "change", "interval", "p", "verdict", "samples", "seen_from")
JUDGED = ("step", "since", "judge", "better", "worse", "same", "unscored", "p")
MEANINGS = (
    "figures: mean over the samples, with its 95 % interval; + better, - worse, * changed, significantly so",
    "p: of the change from the step before over the same samples (sign-flip test), corrected over the metrics of the "
    "step (Holm), not over the steps",
    "seen from: the smallest change that would be significant in 80 of 100 tries",
)
SIGNS = {"better": "+", "worse": "-", "changed": "*", "not shown": ""}


def step_row(step: StepSummary, metrics: Sequence[str]) -> Row:
    """One step: its counts, and each metric with its interval."""
    return {
        "step": str(step.step),
        "epoch": "" if step.epoch is None else f"{step.epoch:.2f}",
        "rows": str(step.predictions),
        "failed": str(step.failed or ""),
        **{name: figure_cell(name, step.figures[name]) for name in metrics},
        "flips": f"+{len(step.gained)} -{len(step.lost)}" if step.gained or step.lost else "",
    }


def figure_cell(name: str, figure: StepFigure) -> str:
    """`40 % (25-58) +`; what failed widens a share to `40 % (25-58), 35-48 with failed`."""
    if figure.value is None:
        return "not scored" if figure.unscored else ""
    ends = f" ({bare(name, figure.low)}-{bare(name, figure.high)})" if figure.low is not None else ""
    spread = figure.unscored and figure.best is not None and figure.worst is not None
    reach = f", {bare(name, figure.worst)}-{bare(name, figure.best)} with failed" if spread else ""
    sign = SIGNS[figure.change.verdict] if figure.change else ""
    return f"{written(name, figure.value)}{ends}{reach} {sign}".rstrip()


def bare(name: str, value: float | None) -> str:
    """A value without its unit."""
    return written(name, value).removesuffix(" %")


def change_rows(summary: TrainingSummary) -> list[Row]:
    """Every change that is significant, and of the last step all."""
    last = summary.steps[-1].step if summary.steps else None
    return [
        change_row(name, step, figure)
        for step in summary.steps
        for name, figure in step.figures.items()
        if figure.change and (figure.change.verdict != "not shown" or step.step == last)
    ]


def change_row(name: str, step: StepSummary, figure: StepFigure) -> Row:
    """One metric's change from the step before."""
    change = figure.change
    if change is None:
        return {}
    few = change.pairs < change.fewest_pairs
    return {
        "step": str(step.step),
        "since": str(change.since),
        "metric": kind_of(name).title,
        "before": written(name, change.before),
        "after": written(name, change.after),
        "change": moved(name, change.difference),
        "interval": "" if change.low is None else f"{moved(name, change.low)} to {moved(name, change.high)}",
        "p": "<0.001" if change.p_corrected < 0.001 else f"{change.p_corrected:.3f}",
        "verdict": change.verdict,
        "samples": str(change.pairs),
        "seen_from": f"{change.fewest_pairs} samples"
        if few
        else moved(name, change.smallest_seen).removeprefix("+") or "not known",
    }


def judge_rows(summary: TrainingSummary) -> list[Row]:
    """What judges said of each step."""
    return [
        {
            "step": str(step.step),
            "since": str(count.since),
            "judge": visible(count.judge),
            **{name: str(getattr(count, name)) for name in ("better", "worse", "same", "unscored")},
            "p": "<0.001" if count.p_value < 0.001 else f"{count.p_value:.3f}",
        }
        for step in summary.steps
        for count in step.judged
    ]
