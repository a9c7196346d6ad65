"""A budget is hard: with fifty calls in flight, with a process killed in the middle, in tokens and in USD."""

import os
import signal
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from deployments.local.server import LocalServer
from settings import Settings
from tests.fixtures.command import RunCommand, StartCommand
from tests.rows import rows
from tests.servers.greedy_openai import GreedyOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
THREADS, IN_FLIGHT = 140, 50
PATIENCE_SECONDS = 60


@pytest.fixture
def greedy_server(monkeypatch: pytest.MonkeyPatch, prefect_server: LocalServer) -> Iterator[GreedyOpenAI]:
    """A judge that bills the most there is; answers of at most 300 tokens are asked for, fifty at once."""
    server = GreedyOpenAI(latency_seconds=0.1)
    server.start()
    monkeypatch.setenv("OPENAI_BASE_URL", server.root_url)
    monkeypatch.setenv("OPENAI_API_KEY", "test-key-for-a-local-server")
    monkeypatch.setenv("EVALFLOWS_MAX_OUTPUT_TOKENS", "300")
    monkeypatch.setenv("EVALFLOWS_START_CONCURRENCY", str(IN_FLIGHT))
    yield server
    server.stop()


def options(source: Path, model: str, concurrency: int) -> tuple[str, ...]:
    """A call for each thread."""
    given = ("--source", str(source), "--judge", f"openai:{model}", "--evaluators", "correctness")
    return (*FLOW, *given, "--concurrency", str(concurrency))


def spent(settings: Settings) -> tuple[int, Decimal]:
    """Tokens and USD in the ledger."""
    (sums,) = rows(settings, "SELECT sum(tokens_in + tokens_out) AS tokens, sum(cost_usd) AS usd FROM api_logs")
    return int(sums["tokens"] or 0), sums["usd"] or Decimal(0)


def most_of_a_call(settings: Settings) -> int:
    """The most tokens a call was billed."""
    (found,) = rows(settings, "SELECT max(tokens_in + tokens_out) AS tokens FROM api_logs")
    return int(found["tokens"])


def test_fifty_calls_in_flight_overshoot_by_nothing_and_more_budget_asks_only_the_rest(
    run_command: RunCommand, greedy_server: GreedyOpenAI, settings: Settings, tmp_path: Path
) -> None:
    greedy_server.latency_seconds = 1.0
    source, limit = write_threads(tmp_path / "threads.csv", THREADS), 500_000
    stopped = run_command(*options(source, "anything", IN_FLIGHT), "--budget-tokens", str(limit))
    assert stopped.code == 0, stopped.stderr
    print(greedy_server.billed_tokens, spent(settings), most_of_a_call(settings), greedy_server.most_on_wire)
    assert limit - most_of_a_call(settings) - 1000 < spent(settings)[0] <= limit
    print(stopped.stdout)
    assert False
