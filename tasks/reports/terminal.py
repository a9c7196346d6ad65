"""The summary in the terminal, drawn with rich."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from storage.records import Run
from tasks.reports.summary import NOT_AN_ERROR, RunSummary, Worst
from tasks.reports.words import percent, title, visible
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


def print_summary(summary: RunSummary, run: Run, console: Console) -> None:
    """Print metrics, counts, what is unscored, the worst threads, and how to see more."""
    took = f", {run.duration_seconds:.1f} s" if run.duration_seconds is not None else ""
    console.print(Text(f"\n{visible(run.name or run.flow)}", style="bold"), Text(f"({summary.status}{took})"))
    console.print(Text(f"{summary.completed} of {summary.items} threads, app {visible(run.app)}, {cost(summary)}\n"))
    console.print(metrics_table(summary))
    console.print(counts_table(summary, console.width))
    console.print(evaluators_table(summary))
    for line in (*hints(summary, run), *odd_input(run)):
        console.print(Text(line, style="yellow"))
    if summary.worst_threads:
        console.print(Text("\nWorst threads", style="bold"))
    for place, worst in enumerate(summary.worst_threads, 1):
        console.print(worst_lines(place, worst, console.width))
    console.print(Text("\nSee more", style="bold"))
    console.print(Text(f"evalflows runs show {run.id} threads", style="dim"))
    console.print(Text(f"evalflows runs export {run.id} --html report.html", style="dim"))


def worst_lines(place: int, worst: Worst, width: int) -> Text:
    """A thread with its verdicts, and below what was found, cut to the line."""
    lines = Text(f"{place:>3}. {visible(worst.thread_id)}: {worst.why}")
    if worst.finding:
        finding = Text(f"\n     {visible(worst.finding)}", style="dim")
        finding.truncate(width, overflow="ellipsis")
        lines.append(finding)
    return lines


def hints(summary: RunSummary, run: Run) -> list[str]:
    """What a newcomer could take for a fault, a line each."""
    silent = sum(count.unscored.get(NOT_AN_ERROR, 0) for count in summary.evaluators.values())
    if run.judge_provider != "rules" or not silent:
        return []
    return [f"\n{NOT_AN_ERROR}: rules cannot tell; a model can (--judge openai:MODEL)"]


def cost(summary: RunSummary) -> str:
    """`1,200 tokens in, 340 out, 0.01 USD`; `cost not known` where a price is not known."""
    if not summary.tokens.input and not summary.tokens.output:
        return "no model tokens"
    spent = "cost not known" if summary.cost_usd is None else f"{summary.cost_usd:.4f} USD"
    return f"{summary.tokens.input:,} tokens in, {summary.tokens.output:,} out, {spent}"


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


def evaluators_table(summary: RunSummary) -> Table:
    """One row per evaluator: threads, scored, unscored by reason."""
    table = plain_table("\nEvaluators")
    for heading in ("", "threads", "scored", "unscored"):
        table.add_column(heading, justify="right" if heading in ("threads", "scored") else "left")
    for name, count in summary.evaluators.items():
        unscored = ", ".join(f"{reason} {n}" for reason, n in count.unscored.items())
        table.add_row(name, str(count.n), str(count.scored), unscored)
    return table


def odd_input(run: Run) -> list[str]:
    """What was odd about the input, a line each."""
    snapshot = run.snapshot
    if snapshot is None:
        return []
    lines: list[str] = []
    if snapshot.bad_rows:
        lines.append(f"\n{snapshot.bad_rows} bad rows left out:")
        lines += [f"  {visible(example)}" for example in snapshot.bad_row_examples]
    if snapshot.duplicate_ids:
        lines.append(f"\n{snapshot.duplicate_ids} thread ids repeated and were made unique (id#2)")
    return lines
