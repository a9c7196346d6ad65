"""The tables of the summary in the terminal, drawn with rich."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from tasks.reports.summary import RunSummary
from tasks.reports.words import alpha, percent, title, visible
from tasks.statistics.proportions import Metric

STYLES = {
    "CRITICAL": "bold red",
    "HARD FAIL": "red",
    "BROKEN": "red",
    "false": "red",
    "SOFT FAIL": "yellow",
    "FRICTION": "yellow",
    "INCOMPLETE": "yellow",
    "PASS": "green",
    "EFFICIENT": "green",
    "ACCEPTABLE": "green",
    "true": "green",
}
GAP, BETWEEN = 2, ", "


def metrics_table(summary: RunSummary) -> Table:
    """One row per metric with its interval; the best and worst case over the unscored where there are some."""
    table = plain_table("Metrics")
    unscored = any(metric.unscored for metric in summary.metrics.values())
    for heading in ("", "value", "95 % interval", "n", *(("unscored", "worst-best") if unscored else ())):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for name, metric in summary.metrics.items():
        cells = (title(name), percent(metric.value), span(metric.low, metric.high), str(metric.n))
        table.add_row(*cells, *(unscored_cells(metric) if unscored else ()))
    return table


def plain_table(heading: str, *, show_header: bool = True) -> Table:
    """A table without lines under a heading."""
    return Table(
        box=None,
        pad_edge=False,
        padding=(0, GAP, 0, 0),
        title=Text(heading, style="bold"),
        title_justify="left",
        show_header=show_header,
        header_style="",
    )


def unscored_cells(metric: Metric) -> tuple[str, str]:
    """How many are unscored, and the worst and best the metric could be if they were not."""
    return (str(metric.unscored), span(metric.worst, metric.best)) if metric.unscored else ("", "")


def span(low: float | None, high: float | None) -> str:
    """`90.2-99.7 %`; empty where nothing was measured."""
    return "" if low is None or high is None else f"{100 * low:.1f}-{100 * high:.1f} %"


def counts_table(summary: RunSummary, width: int) -> Table:
    """One row per count: its labels and how often each, as many on a line as fit into the width."""
    table = plain_table("\nCounts", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    room = width - max((len(name) for name in summary.counts), default=0) - GAP
    for name, labels in summary.counts.items():
        table.add_row(title(name), Text("\n").join(packed([count(label, n) for label, n in labels.items()], room)))
    return table


def count(label: str, n: int) -> Text:
    """`HARD FAIL 3`."""
    return Text.assemble((visible(label), STYLES.get(label, "")), " ", (str(n), "bold"))


def packed(parts: Sequence[Text], width: int) -> list[Text]:
    """The parts on as few lines as they fit on, none of them broken."""
    lines: list[Text] = []
    for part in parts:
        if lines and lines[-1].cell_len + part.cell_len + len(BETWEEN) < width:
            lines[-1] = Text.assemble(lines[-1], BETWEEN, part)
        else:
            lines.append(part)
    return lines


def evaluators_table(summary: RunSummary, rows: str) -> Table:
    """One row per evaluator: what it was to score (threads, rows), scored, unscored by reason."""
    table = plain_table("\nEvaluators")
    for heading in ("", rows, "scored", "unscored"):
        table.add_column(heading, justify="right" if heading in (rows, "scored") else "left")
    for name, count in summary.evaluators.items():
        unscored = ", ".join(f"{reason} {n}" for reason, n in count.unscored.items())
        table.add_row(name, str(count.n), str(count.scored), unscored)
    return table


def agreement_table(summary: RunSummary) -> Table:
    """One row per evaluator: how often its repeats agree, Krippendorff's alpha, over how many threads."""
    table = plain_table("\nAgreement of repeats")
    for heading in ("", "same label", "alpha", "threads"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for name, agreement in summary.agreement.items():
        table.add_row(name, percent(agreement.share), alpha(agreement), str(agreement.threads))
    return table
