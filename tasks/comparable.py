"""The flows whose runs can be compared. To add one: its query in `storage.queries.pair_queries`, and one line here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from storage.database import Database
from storage.queries.evaluations import list_evaluations
from storage.queries.pair_queries import THREAD_METRICS, THREAD_SCORES
from storage.records import Run, ThreadEvaluation
from tasks.reports.repeats import chosen_repeats, reducer_of
from tasks.reports.severity import main_finding

AT_ONCE = 500


@dataclass(frozen=True)
class Said:
    """What a run says of an item: its verdict (empty where it has none), and the finding behind it (may be empty)."""

    label: str = ""
    finding: str = ""


Describe = Callable[[Database, Run, Sequence[tuple[str, str]]], Awaitable[list[Said]]]
"""What a run says of items by metrics, as pairs of both; in their order."""


@dataclass(frozen=True)
class Comparable:
    """Where the scores of a flow's runs are.

    Attributes:
        query: One row per item, as `THREAD_SCORES`.
        metrics: Those of the query in its order, and what must have been judged for each.
        describe: Puts items into words.
        note: What a reader must know where two runs over the same items are compared.
    """

    query: str
    metrics: Mapping[str, tuple[str, ...]]
    describe: Describe
    note: str


async def describe_threads(database: Database, run: Run, wanted: Sequence[tuple[str, str]]) -> list[Said]:
    """The verdicts and findings of threads."""
    said: list[Said] = []
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        async with database.session() as session:
            ids = sorted({thread_id for thread_id, _ in part})
            page = await list_evaluations(session, run.id, thread_ids=ids, limit=0)
        by_thread: dict[str, list[ThreadEvaluation]] = {}
        for evaluation in page.items:
            by_thread.setdefault(evaluation.thread_id, []).append(evaluation)
        for thread_id, metric in part:
            chosen = chosen_repeats(by_thread.get(thread_id, []), reducer_of(run))
            said.append(said_of([chosen[name] for name in THREAD_METRICS[metric] if name in chosen]))
    return said


def said_of(evaluations: Sequence[ThreadEvaluation]) -> Said:
    """The verdicts, and the first thing that was found."""
    label = ", ".join(evaluation.verdict for evaluation in evaluations if evaluation.verdict)
    return Said(label, main_finding(evaluations) or "")


COMPARABLE: Mapping[str, Comparable] = {
    "evaluate-threads": Comparable(
        THREAD_SCORES,
        THREAD_METRICS,
        describe_threads,
        "both runs judged the same recorded conversations: what differs is the judging, not the bot",
    ),
}
