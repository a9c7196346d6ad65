"""Compare two runs: their scores paired item by item, differences with intervals, the items that flipped."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from storage.database import Database
from storage.queries.runs import find_run
from storage.records import Run
from tasks.comparable import COMPARABLE, Comparable
from tasks.errors import RunRefused
from tasks.reports.comparison import CompareOptions, Comparison, Flip
from tasks.reports.comparison_terms import (
    notes_on_figures,
    notes_on_runs,
    refuse_runs,
    refuse_snapshots,
    refuse_versions,
)

if TYPE_CHECKING:  # numpy, scipy and statsmodels take a second to load
    from storage.queries.pairs import ItemScores
    from tasks.reports.comparison_flips import FlipPlace

USUAL = CompareOptions()


async def compare_runs(database: Database, before: UUID, after: UUID, options: CompareOptions = USUAL) -> Comparison:
    """Compare two runs of one flow, over the items that are scored in both.

    Args:
        database: Where they are.
        before: The run that came first.
        after: The run to compare with it.
        options: What to compare, and what may differ between the runs.

    Raises:
        RunRefused: They cannot be compared as asked; says why, and what to do.
    """
    runs = await read_run(database, before), await read_run(database, after)
    refuse_runs(*runs, COMPARABLE)
    refuse_versions(*runs, options)
    flow = COMPARABLE[runs[0].flow]
    metrics = wanted_metrics(flow, runs, options.metrics)
    scores = await read_scores_of(database, runs[0], flow), await read_scores_of(database, runs[1], flow)
    comparison, places = await asyncio.to_thread(compare_scores, runs, scores, metrics, options)
    flips = await describe(database, runs, scores, places, flow)
    return comparison.model_copy(update={"flips": tuple(flips)})


def compare_scores(
    runs: tuple[Run, Run], scores: "tuple[ItemScores, ItemScores]", metrics: Mapping[str, int], options: CompareOptions
) -> "tuple[Comparison, list[FlipPlace]]":
    """The comparison without its flips, and where these are."""
    from tasks.reports.comparison_figures import differences
    from tasks.reports.comparison_flips import worst_flips
    from tasks.statistics.side_by_side import put_side_by_side, shared_items

    (before, after), shared = runs, shared_items(*scores)
    sizes = len(scores[0].items), len(scores[1].items)
    refuse_snapshots(shared, *sizes, options)
    sides = put_side_by_side(*scores, paired=shared == sizes[0] == sizes[1])
    found = differences(sides, metrics, options.alpha)
    if not found:
        raise RunRefused(f"nothing was scored in both runs: no {', '.join(metrics)} to compare")
    tested = {name: metrics[name] for name in found}
    places, total = worst_flips(sides, tested, scores[1].badness, options.flips) if sides.paired else ([], 0)
    comparison = Comparison(
        before=before.id,
        after=after.id,
        flow=before.flow,
        app=after.app,
        paired=sides.paired,
        clustered_by=sides.clustered_by,
        alpha=options.alpha,
        metrics=found,
        flips_total=total,
        notes=(
            *((COMPARABLE[before.flow].note,) if sides.paired else ()),
            *notes_on_runs(before, after, paired=sides.paired, shared=shared),
            *notes_on_figures(found, sides.clustered_by),
        ),
    )
    return comparison, places


async def read_run(database: Database, run_id: UUID) -> Run:
    """The run of this id.

    Raises:
        RunRefused: There is none.
    """
    async with database.session() as session:
        run = await find_run(session, run_id)
    if run is None:
        raise RunRefused(f"there is no run {run_id}: see 'evalflows runs list'")
    return run


async def read_scores_of(database: Database, run: Run, flow: Comparable) -> "ItemScores":
    """The scores of a run's items."""
    from storage.queries.pairs import read_scores

    async with database.session() as session:
        repeats = int(str(run.params.get("repeats", 1)))
        return await read_scores(session, run.id, flow.query, list(flow.metrics), repeats)


def wanted_metrics(flow: Comparable, runs: tuple[Run, Run], names: tuple[str, ...]) -> dict[str, int]:
    """Where each metric stands that is asked for and that both runs judged.

    Raises:
        RunRefused: There is no metric of a name, or no metric at all.
    """
    if unknown := [name for name in names if name not in flow.metrics]:
        raise RunRefused(f"there is no metric {unknown[0]!r}; there are {', '.join(flow.metrics)}")
    judged = runs[0].versions.keys() & runs[1].versions.keys()
    both = {name: at for at, (name, by) in enumerate(flow.metrics.items()) if judged.issuperset(by)}
    wanted = {name: at for name, at in both.items() if name in names or not names}
    if not wanted:
        raise RunRefused(f"no metric {'of those named ' if names else ''}was judged in both runs")
    return wanted


async def describe(
    database: Database,
    runs: tuple[Run, Run],
    scores: "tuple[ItemScores, ItemScores]",
    places: "list[FlipPlace]",
    flow: Comparable,
) -> list[Flip]:
    """The flips in words."""
    wanted = [(scores[0].items[place.before], place.metric) for place in places]
    said = [await flow.describe(database, run, wanted) for run in runs]
    metrics = list(flow.metrics)
    flips: list[Flip] = []
    for (item, metric), place, before, after in zip(wanted, places, *said, strict=True):
        at = metrics.index(metric)
        was = before.label or share_of(scores[0], place.before, at)
        now = after.label or share_of(scores[1], place.after, at)
        finding = (after if place.worse else before).finding
        flips.append(Flip(metric=metric, item=item, before=was, after=now, worse=place.worse, finding=finding))
    return flips


def share_of(scores: "ItemScores", item: int, metric: int) -> str:
    """`3 of 4`."""
    return f"{scores.k[item, metric]:g} of {scores.m[item, metric]:g}"
