"""Estimate a run before it asks anything: what a sample of its threads would be asked, times what such calls use."""

import random
import time
from collections.abc import AsyncGenerator

from prefect.logging import get_run_logger

from storage.queries.ledger_history import call_history
from storage.queries.missing_sample import MissingSample, draw_missing
from storage.queries.runs import set_estimate
from storage.queries.threads import read_threads
from storage.records import Thread
from tasks.costs.estimate import Asked, Drawn, Estimate
from tasks.costs.prices import FREE, find_price
from tasks.costs.reckon import reckon
from tasks.costs.words import estimate_line
from tasks.evaluators.base import Evaluator
from tasks.evaluators.efficiency_answer import PartAnswer
from tasks.providers.base import AnswerT, Question
from tasks.providers.calls.requests import schema_bytes, size_of
from tasks.providers.errors import ModelError
from tasks.run import OpenRun, describe

SAMPLE, CHUNK = 200, 20
"""Most threads looked at, and how many at a time."""

SECONDS = 0.3
"""When no further threads are looked at: a sample of fewer gives a wider range, and nobody waits for it."""

SUMMARY_SO_FAR = "x" * 1000
"""Stands for what a judge notes about the first parts of a long thread."""


async def estimate_run(run: OpenRun, threads: int, repeats: int) -> Estimate | None:
    """Estimate what is left to do of a run whose threads are pinned, store it with the run, and log it.

    Args:
        run: The run; its evaluators are made.
        threads: Threads in it.
        repeats: How often each thread is judged by each evaluator.

    Returns:
        None for a run by rules, and where the estimate failed: that is logged, and no reason to stop.
    """
    if run.ask is None:
        return None
    try:
        made = await _estimate(run, threads, repeats)
        async with run.database.transaction() as session:
            await set_estimate(session, run.id, made.model_dump(mode="json"))
    except Exception as error:  # noqa: BLE001 whatever it is, a run does not fail for its estimate
        get_run_logger().warning("the run goes on without an estimate: %s", describe(error))
        return None
    get_run_logger().info(estimate_line(made))
    return made


async def _estimate(run: OpenRun, threads: int, repeats: int) -> Estimate:
    assert run.ask is not None
    async with run.database.session() as session:
        sample = await draw_missing(session, run.id, list(run.evaluators), repeats, SAMPLE)
        history = {found.evaluator: found for found in await call_history(session, run.judge)}
    drawn = Drawn(sample.threads, threads, [asked async for asked in look_at(run, sample)])
    judge = run.ask.provider
    price = FREE if judge.free else find_price(judge.name, judge.model, run.settings)
    return reckon(f"{judge.name}:{judge.model}", drawn, history, price)


async def look_at(run: OpenRun, sample: MissingSample) -> AsyncGenerator[dict[str, Asked]]:
    """What the evaluators would ask about each thread of the sample, or about as many as there is time for."""
    rows = list(sample.repeats)
    random.Random(0).shuffle(rows)  # where time ends, those looked at are spread over the run all the same
    begun = time.monotonic()
    for start in range(0, len(rows), CHUNK):
        if start and time.monotonic() - begun > SECONDS:
            return
        async with run.database.session() as session:
            stored = await read_threads(session, rows[start : start + CHUNK])
        for row, found in stored.items():
            lacking = sample.repeats[row].items()
            yield {name: await measure(run.evaluators[name], found.thread, times) for name, times in lacking}


async def measure(evaluator: Evaluator, thread: Thread, repeats: int) -> Asked:
    """What an evaluator would ask first about a thread, so many times."""
    measuring = Measuring()
    try:
        await evaluator.judge_by_model(thread, measuring)
    except* NotAsked:
        pass
    return Asked(repeats * measuring.questions, repeats * measuring.size, repeats * measuring.schemas)


class NotAsked(ModelError):
    """There is no answer: the question was only measured."""

    reason = "budget"


class Measuring:
    """An `Ask` that asks nobody: it measures the questions."""

    def __init__(self) -> None:
        """Nothing is measured yet."""
        self.questions = self.size = self.schemas = 0

    async def __call__(self, question: Question[AnswerT]) -> AnswerT:
        """Measure a question; only the parts of a thread that is judged part by part get an answer.

        Raises:
            NotAsked: There is no answer.
        """
        schema = schema_bytes(question.answer)
        self.questions += 1
        self.schemas += schema
        self.size += size_of(question.system) + size_of(question.prompt) + schema
        if question.answer is PartAnswer:
            return question.answer.model_validate({"summary": SUMMARY_SO_FAR, "friction": []})
        raise NotAsked("only measured")
