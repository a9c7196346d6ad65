"""The estimate of a run: made from its threads, stored, logged, and never a reason to fail."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prefect.logging import disable_run_logger

from settings import get_settings
from storage.database import Database
from storage.queries.ledger import save_calls
from storage.queries.runs import find_run
from storage.records import Judge
from storage.run_lock import RunLock
from storage.writers import RunWriter
from tasks.ask import CallOptions
from tasks.costs.estimate import Estimate
from tasks.estimate import estimate_run
from tasks.evaluators.base import EvaluatorOptions
from tasks.evaluators.catalog import make_evaluators
from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.client import ModelClient
from tasks.run import OpenRun
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_call, make_evaluation, make_thread


@dataclass
class Unasked:
    """A provider that nobody is to ask."""

    name: str = "openai"
    model: str = "gpt-5-mini"
    base_url: str = "http://127.0.0.1:9/v1/"
    free: bool = False

    async def complete(self, request: ModelRequest, item: str, method: str) -> ModelReply:
        raise AssertionError(f"asked about {item}")

    async def close(self) -> None:
        """Nothing is open."""


async def open_run(database: Database, threads: int, provider: Unasked | None, **changed: Any) -> OpenRun:
    """A run with its threads pinned and its evaluators made."""
    judge = Judge(provider=provider.name, model=provider.model) if provider else Judge(provider="rules")
    run_id = await add_run(database, judge=judge)
    await add_threads(database, [make_thread(f"t{n}", *["a few words"] * (2 + n % 4)) for n in range(threads)], run_id)
    settings = get_settings().model_copy(update=changed)
    writer = RunWriter(database, run_id, settings)
    async with database.session() as session:
        record = await find_run(session, run_id)
    assert record is not None
    ask = ModelClient(run_id, provider, writer, settings) if provider else None
    lock = RunLock(database.engine, run_id)
    run = OpenRun(record, False, settings, database, writer, lock, CallOptions(), ask)
    run.evaluators = make_evaluators(["correctness", "efficiency"], EvaluatorOptions())
    return run


async def estimated(run: OpenRun, threads: int, repeats: int = 1) -> Estimate | None:
    """The estimate, which is also what the run's row holds."""
    with disable_run_logger():
        made = await estimate_run(run, threads, repeats)
    async with run.database.session() as session:
        record = await find_run(session, run.id)
    assert record is not None
    stored = None if record.estimate is None else Estimate.model_validate(record.estimate)
    assert stored == made
    return made


async def test_a_run_is_estimated_from_its_threads_and_the_estimate_is_kept(database: Database) -> None:
    run = await open_run(database, 30, Unasked())
    once, twice = await estimated(run, 30), await estimated(run, 30, repeats=2)
    assert once is not None
    assert twice is not None
    assert (once.judge, once.items, once.of_items, once.basis) == ("openai:gpt-5-mini", 30, 30, "rules of thumb")
    assert (once.calls.low, twice.calls.low) == (60, 120)
    assert once.cost_usd is not None
    assert 0 < once.cost_usd.low < once.cost_usd.value < once.cost_usd.high


async def test_what_is_settled_is_left_out(database: Database) -> None:
    run = await open_run(database, 10, Unasked())
    settled = [make_evaluation(run.id, f"t{n}", evaluator="correctness") for n in range(10)]
    await add_evaluations(database, *settled, make_evaluation(run.id, "t0", evaluator="efficiency"))
    found = await estimated(run, 10)
    assert found is not None
    assert (found.items, found.of_items, found.calls.low) == (9, 10, 9)


async def test_the_ledger_of_earlier_runs_is_the_basis_where_there_is_one(database: Database) -> None:
    earlier = await open_run(database, 1, Unasked())
    async with database.transaction() as session:
        calls = [make_call(earlier.id, f"{n}", model="gpt-5-mini", tokens_out=40) for n in range(30)]
        await save_calls(session, calls)
    found = await estimated(await open_run(database, 5, Unasked()), 5)
    assert found is not None
    assert found.basis == "history of 30 calls, rules of thumb for efficiency"


@pytest.mark.parametrize(
    ("provider", "usd"), [(Unasked(model="mine"), None), (Unasked("ollama", "llama", free=True), 0)]
)
async def test_an_unknown_price_is_unknown_and_a_free_judge_free(
    database: Database, provider: Unasked, usd: int | None
) -> None:
    found = await estimated(await open_run(database, 2, provider), 2)
    assert found is not None
    assert (found.cost_usd and found.cost_usd.high) == usd


async def test_rules_need_no_estimate(database: Database) -> None:
    assert await estimated(await open_run(database, 2, None), 2) is None


async def test_a_failure_to_estimate_does_not_fail_the_run(database: Database, tmp_path: Path) -> None:
    assert await estimated(await open_run(database, 2, Unasked(), prices=tmp_path / "gone.yaml"), 2) is None
