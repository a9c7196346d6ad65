"""The summary as a Markdown page and as rows of a table, for Prefect's artifacts."""

import re

from storage.records import Run
from tasks.reports.items import items_of
from tasks.reports.summary import RunSummary, Worst
from tasks.reports.words import alpha, calls, cost, interval, percent, title, visible
from tasks.statistics.agreement import RetestAgreement
from tasks.statistics.proportions import Metric

QUOTE = "'"  # what a backtick becomes, which would end the span
MARKUP = re.compile(r"[\\`*_\[\]<>|#~]|(?<=:)/|(?<=www)\.")


def summary_rows(summary: RunSummary) -> list[dict[str, str | int | float]]:
    """One row per metric, then one per label counted."""
    rows: list[dict[str, str | int | float]] = [
        row(title(name), percent(metric.value), interval(metric), metric.n) for name, metric in summary.metrics.items()
    ]
    for name, labels in summary.counts.items():
        rows += [row(f"{title(name)}: {label}", str(n), "", n) for label, n in labels.items()]
    return rows


def row(figure: str, value: str, spread: str, n: int) -> dict[str, str | int | float]:
    """One row of the table."""
    return {"figure": figure, "value": value, "95 % interval": spread, "n": n}


def summary_markdown(summary: RunSummary, run: Run) -> str:
    """The summary as a page."""
    lines = [
        f"# {code(run.name or str(run.id))}",
        "",
        f"{summary.completed} of {summary.items} {items_of(run.flow).items} completed ({summary.status}).",
        "",
        f"{', '.join(part for part in (cost(summary), calls(summary)) if part)}.",
        "",
        *(f"> {escaped(note)}\n" for note in summary.notes),
        "| figure | value | 95 % interval | n | unscored | best case | worst case |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(metric_line(name, metric) for name, metric in summary.metrics.items()),
        "",
        *(f"- **{title(name)}**: {labels_of(labels)}" for name, labels in summary.counts.items()),
        "",
        f"Unscored rows: {labels_of(summary.unscored) or 'none'}",
        "",
        *agreement_lines(summary.agreement),
        *(worst_line(place, worst) for place, worst in enumerate(summary.worst_threads, 1)),
        "",
        f"Run `{run.id}`",
    ]
    return "\n".join(lines)


def metric_line(name: str, metric: Metric) -> str:
    """One metric as a line of the Markdown table."""
    cells = (
        title(name),
        percent(metric.value),
        interval(metric),
        str(metric.n),
        str(metric.unscored),
        percent(metric.best),
        percent(metric.worst),
    )
    return f"| {' | '.join(cells)} |"


def agreement_lines(agreement: dict[str, RetestAgreement]) -> list[str]:
    """How far repeats agree, as a table; nothing without repeats."""
    if not agreement:
        return []
    head = ["| repeats of | same label | Krippendorff's alpha | threads |", "| --- | --- | --- | --- |"]
    rows = (f"| {name} | {percent(a.share)} | {alpha(a)} | {a.threads} |" for name, a in agreement.items())
    return [*head, *rows, ""]


def worst_line(place: int, worst: Worst) -> str:
    """One of the worst threads, with its verdicts and what was found."""
    return f"{place}. {code(worst.thread_id)}: {worst.why}. {plain(worst.finding)}".rstrip()


def labels_of(labels: dict[str, int]) -> str:
    """`PASS` 3, `SOFT FAIL` 1."""
    return ", ".join(f"{code(label)} {n}" for label, n in labels.items())


def code(text: str) -> str:
    """Text from the data in a code span, where Markdown takes nothing for markup."""
    return f"`{visible(text).replace('`', QUOTE) or ' '}`"


def escaped(text: str) -> str:
    """A sentence of ours that may hold names from elsewhere, with what Markdown would obey escaped."""
    return MARKUP.sub(lambda sign: f"\\{sign[0]}", visible(text))


def plain(text: str) -> str:
    """A sentence from the data or about it, of which Markdown can take nothing for markup or a link."""
    return "".join(c if c.isalnum() or c in " -.,;?'" else " " for c in text).replace("www.", "www ")
