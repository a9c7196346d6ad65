"""The summary in the terminal, drawn with rich."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from storage.records import Run
from tasks.reports.summary import RunSummary
from tasks.reports.words import interval, percent, title

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


def print_summary(summary: RunSummary, run: Run, console: Console) -> None:
    """Print metrics, counts, what is unscored, the worst threads, and how to see more."""
    took = f", {run.duration_seconds:.1f} s" if run.duration_seconds is not None else ""
    console.print(Text(f"\n{run.name or run.flow}", style="bold"), Text(f"({summary.status}{took})"))
    console.print(f"{summary.completed} of {summary.items} threads, app {run.app}, {cost(summary)}\n", markup=False)
    console.print(metrics_table(summary))
    console.print(counts_table(summary))
    console.print(evaluators_table(summary))
    for line in odd_input(run):
        console.print(Text(line, style="yellow"))
    if summary.worst_threads:
        console.print(Text("Worst threads", style="bold"))
        for place, worst in enumerate(summary.worst_threads, 1):
            console.print(Text(f"  {place}. {worst.thread_id}: {worst.why}"))
    console.print(
        f"\nevalflows runs show {run.id} threads\nevalflows runs export {run.id} --html report.html", style="dim"
    )


def cost(summary: RunSummary) -> str:
    """`1,200 tokens in, 340 out, 0.01 USD`; `cost not known` where a price is not known."""
    if not summary.tokens.input and not summary.tokens.output:
        return "no model tokens"
    spent = "cost not known" if summary.cost_usd is None else f"{summary.cost_usd:.4f} USD"
    return f"{summary.tokens.input:,} tokens in, {summary.tokens.output:,} out, {spent}"


def metrics_table(summary: RunSummary) -> Table:
    """One row per metric, with its interval and the best and worst case over the unscored."""
    table = Table(box=None, pad_edge=False, title="Metrics", title_justify="left", title_style="bold")
    for heading in ("", "value", "95 % interval", "n", "unscored", "worst to best case"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, metric in summary.metrics.items():
        cases = f"{percent(metric.worst)} to {percent(metric.best)}" if metric.unscored else ""
        table.add_row(
            title(name), percent(metric.value), interval(metric), str(metric.n), str(metric.unscored or ""), cases
        )
    return table


def counts_table(summary: RunSummary) -> Table:
    """One row per count: its labels and how often each."""
    table = Table(
        box=None, pad_edge=False, title="\nCounts", title_justify="left", title_style="bold", show_header=False
    )
    table.add_column()
    table.add_column()
    for name, labels in summary.counts.items():
        line = Text()
        for label, n in labels.items():
            line.append(f"{label} ", style=STYLES.get(label, ""))
            line.append(f"{n}  ", style="bold")
        table.add_row(title(name), line)
    return table


def evaluators_table(summary: RunSummary) -> Table:
    """One row per evaluator: threads, scored, unscored by reason."""
    table = Table(box=None, pad_edge=False, title="\nEvaluators", title_justify="left", title_style="bold")
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
        lines += [f"  {example}" for example in snapshot.bad_row_examples]
    if snapshot.duplicate_ids:
        lines.append(f"\n{snapshot.duplicate_ids} thread ids repeated and were made unique (id#2)")
    return lines
