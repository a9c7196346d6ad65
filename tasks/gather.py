"""Run the batches of a run side by side, once more where that may mend something, and stop them all where it must."""

import asyncio
import gc
import math
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from tasks.batches import SMALLEST_BATCH, Batch, plan_batches
from tasks.evaluate import evaluate_batch
from tasks.run import OpenRun
from tasks.tolerance import NOT_STRICT, Tally, Tolerance, tallied


async def gather_batches(
    run: OpenRun, positions: range, threads: int, *, repeats: int = 1, tolerance: Tolerance = NOT_STRICT
) -> None:
    """Evaluate threads of a run with every evaluator, `repeats` times.

    Args:
        run: The run; its evaluators are made.
        positions: Which of its threads.
        threads: How many it has in all: what it bears is a share of these.
        repeats: How often each is judged by each evaluator.
        tolerance: How much failing it bears.

    Raises:
        UnusableJudge: The judge cannot be used.
        JudgeStopped: The judge has stopped answering.
        RunFailed: More failed than is borne.
    """
    names = list(run.evaluators)
    each = len(names) * repeats
    run.total = len(positions) * each
    stop_asking = run.ask.stop if run.ask else None
    with kept_from_collector(), tallied(run.id, Tally(tolerance, threads * each, stop_asking)) as tally:
        await run_batches(run, tally, plan_batches(names, positions, repeats))
        if not tally.last_pass and tally.mendable and not (run.ask and run.ask.budget_exhausted):
            run.message = f"trying {tally.mendable} once more"
            run.done -= tally.mendable
            await run_batches(run, tally, tally.begin_last_pass())


async def run_batches(run: OpenRun, tally: Tally, batches: Iterable[Batch]) -> None:
    """Run batches in this event loop, as few at once as keep every place at the judge busy.

    What ends one of them ends the run: no batch is begun after it, no call goes out, and those on the wire finish.
    """
    waiting = iter(batches)

    async def work() -> None:
        for batch in waiting:
            if tally.ended_by is not None:
                return
            try:
                await evaluate_batch(run.id, batch.evaluator, batch.repeat, batch.start, batch.stop)
            except Exception as error:
                tally.end(error)
                raise

    open_at_once = 2 + math.ceil(2 * run.calls.concurrency / SMALLEST_BATCH)
    # not a TaskGroup: it would cut off the calls of the other batches, which are paid for
    await asyncio.gather(*(work() for _ in range(open_at_once)), return_exceptions=True)
    if tally.ended_by is not None:
        raise tally.ended_by.with_traceback(None)


@contextmanager
def kept_from_collector() -> Generator[None]:
    """Leave what is loaded by now out of garbage collection: going through all of it stops the loop for 0.2 s."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
