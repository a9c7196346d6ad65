"""The summary in the terminal, drawn with rich."""

from rich.console import Console
from rich.text import Text

from storage.records import Run
from tasks.reports.items import items_of
from tasks.reports.summary import NOT_AN_ERROR, RunSummary, Worst
from tasks.reports.terminal_tables import agreement_table, counts_table, evaluators_table, metrics_table
from tasks.reports.words import calls, cost, visible


def print_summary(summary: RunSummary, run: Run, console: Console) -> None:
    """Print metrics, counts, what is unscored, the worst threads, and how to see more."""
    took = f", {run.duration_seconds:.1f} s" if run.duration_seconds is not None else ""
    console.print(Text(f"\n{visible(run.name or run.flow)}", style="bold"), Text(f"({summary.status}{took})"))
    words = items_of(run.flow)
    console.print(
        Text(f"{summary.completed} of {summary.items} {words.items}, app {visible(run.app)}, {cost(summary)}")
    )
    console.print(Text(f"{calls(summary)}\n".lstrip("\n")))
    for has_rows, table in (
        (summary.metrics, metrics_table(summary)),
        (summary.counts, counts_table(summary, console.width)),
        (summary.evaluators, evaluators_table(summary, words.rows)),
        (summary.agreement, agreement_table(summary)),
    ):
        if has_rows:
            console.print(table)
    for line in (*(f"\n{visible(note)}" for note in summary.notes), *hints(summary, run), *odd_input(run)):
        console.print(Text(line, style="yellow"))
    if summary.worst_threads:
        console.print(Text("\nWorst threads", style="bold"))
    for place, worst in enumerate(summary.worst_threads, 1):
        console.print(worst_lines(place, worst, console.width))
    if words.more:
        console.print(Text("\nSee more", style="bold"))
    for command in words.more:
        console.print(Text(command.replace("RUN_ID", str(run.id)), style="dim"))


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
