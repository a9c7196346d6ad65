"""What `evaluate-threads` does with a part of its threads, and how it is cut into parts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.queries.missing_ranges import missing_ranges
from storage.records import Record
from tasks.batches import SMALLEST_BATCH
from tasks.errors import RunRefused
from tasks.evaluators.base import EvaluatorOptions
from tasks.evaluators.catalog import EvaluatorName
from tasks.gather import gather_batches
from tasks.prepare import prepare_evaluators, read_options, versions_of
from tasks.run import OpenRun
from tasks.tolerance import Tolerance


class Judging(Record):
    """What a run does with each of its threads.

    Attributes:
        evaluators: Their names.
        options: What users set about them.
        repeats: How often each judges a thread.
        tolerance: How much failing the run bears.
    """

    evaluators: tuple[EvaluatorName, ...]
    options: EvaluatorOptions
    repeats: int
    tolerance: Tolerance


def judging_from(params: Mapping[str, Any], folder: Path) -> Judging:
    """What the parameters of a run say.

    Args:
        params: As they are stored with the run.
        folder: Where files named by a relative path lie.

    Raises:
        OptionsError: A file cannot be read here.
    """
    files = {name: str(folder / params[name]) for name in ("intents", "policy") if params[name]}
    return Judging(
        evaluators=tuple(params["evaluators"]),
        options=read_options(**files, checks=params["checks"]),
        repeats=params["repeats"],
        tolerance=Tolerance(on_error=params["on_error"], max_failed=params["max_failed"]),
    )


async def judge_positions(run: OpenRun, positions: range, folder: Path) -> None:
    """Evaluate a part of an open run of `evaluate-threads`, as its parameters say.

    Raises:
        RunRefused: This code, or a file here, is not what the run was started with.
        UnusableJudge: The judge cannot be used.
        JudgeStopped: The judge has stopped answering.
        RunFailed: More failed than is borne.
    """
    params = run.record.params
    judging = judging_from(params, folder)
    refuse_other_versions(run, versions_of(judging.evaluators, str(run.judge), judging.options))
    await prepare_evaluators(run, judging.evaluators, judging.options)
    threads = run.record.items or 0
    await gather_batches(run, positions, threads, repeats=judging.repeats, tolerance=judging.tolerance)


def refuse_other_versions(run: OpenRun, versions: Mapping[str, str]) -> None:
    """Stop where results would not be those of the run: other code, or another file of options.

    Raises:
        RunRefused: Says what is another, from what to what.
    """
    for name in sorted({*run.record.versions, *versions}):
        pinned, found = run.record.versions.get(name), versions.get(name)
        if pinned != found:
            raise RunRefused(
                f"this worker does not judge as the run was started: version of {name!r} is {found!r} here and "
                f"{pinned!r} in the run; bring it to the same evalflows and the same files"
            )


async def cut_threads(run: OpenRun, shards: int, repeats: int) -> list[range]:
    """Cut what a run lacks into at most so many shards, each worth a batch or more."""
    async with run.database.session() as session:
        return await missing_ranges(session, run.id, list(run.evaluators), repeats, shards, SMALLEST_BATCH)
