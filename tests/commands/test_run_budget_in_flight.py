"""A budget is hard: with fifty calls in flight, with a process killed in the middle, in tokens and in USD."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
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
UNTIL_KILLED_SECONDS = 600.0
"""A latency with which a call is on the wire until its process is killed."""


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


def wait_until(holds: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait for something that a run which goes on brings about."""
    for _ in range(PATIENCE_SECONDS * 100):
        if holds() or process.poll() is not None:
            break
        time.sleep(0.01)
    assert process.poll() is None, process.communicate()
    assert holds()


def test_fifty_calls_in_flight_overshoot_by_nothing_and_more_budget_asks_only_the_rest(
    run_command: RunCommand, greedy_server: GreedyOpenAI, settings: Settings, tmp_path: Path
) -> None:
    greedy_server.latency_seconds = 1.0  # so that all fifty are there at once
    source, limit = write_threads(tmp_path / "threads.csv", THREADS), 500_000
    stopped = run_command(*options(source, "anything", IN_FLIGHT), "--budget-tokens", str(limit))
    assert stopped.code == 0, stopped.stderr
    assert greedy_server.most_on_wire == IN_FLIGHT
    tokens, _ = spent(settings)
    assert limit - 1.1 * most_of_a_call(settings) < tokens == greedy_server.billed_tokens <= limit
    asked = greedy_server.calls
    (run,) = rows(settings, "SELECT id, status, summary FROM eval_runs")
    assert (run["status"], run["summary"]["unscored"]) == ("completed_with_errors", {"budget": THREADS - asked})
    assert f"stopped by the budget of 500,000 tokens: {THREADS - asked} of {THREADS} units were not asked" in (
        " ".join(stopped.stdout.split())
    )
    assert f"--resume {run['id']} --budget-tokens MORE" in " ".join(stopped.stdout.split())

    greedy_server.latency_seconds = 0.0
    done = run_command(*FLOW, "--resume", str(run["id"]), "--budget-tokens", "5000000", "--json")
    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", THREADS)
    assert greedy_server.calls == THREADS
    assert set(greedy_server.answered.values()) == {1}


def test_what_a_killed_process_had_on_the_wire_counts_against_the_budget(
    run_command: RunCommand,
    start_command: StartCommand,
    greedy_server: GreedyOpenAI,
    settings: Settings,
    tmp_path: Path,
) -> None:
    source, limit, concurrency = write_threads(tmp_path / "threads.csv", THREADS), 400_000, 10
    process = start_command(*options(source, "anything", concurrency), "--budget-tokens", str(limit), "--json")
    wait_until(lambda: greedy_server.calls >= 20, process)
    greedy_server.latency_seconds = UNTIL_KILLED_SECONDS
    wait_until(lambda: greedy_server.on_wire == concurrency, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    greedy_server.latency_seconds = 0.0
    run_id = str(rows(settings, "SELECT id FROM eval_runs")[0]["id"])
    calls, (known, _) = greedy_server.calls, spent(settings)
    lost = greedy_server.billed_tokens - known
    assert 0 < lost <= 1.1 * concurrency * most_of_a_call(settings)

    resumed = run_command(*FLOW, "--resume", run_id, "--json")
    assert (resumed.code, resumed.json["status"]) == (0, "completed_with_errors"), resumed.stderr
    assert set(resumed.json["unscored"]) == {"budget"}
    assert greedy_server.calls > calls
    assert spent(settings)[0] == greedy_server.billed_tokens - lost
    assert limit - 2 * concurrency * most_of_a_call(settings) < greedy_server.billed_tokens <= limit

    done = run_command(*FLOW, "--resume", run_id, "--budget-tokens", "5000000", "--json")
    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", THREADS)
    assert greedy_server.calls <= THREADS + concurrency


def test_a_budget_in_usd_is_hard_too(
    run_command: RunCommand, greedy_server: GreedyOpenAI, settings: Settings, tmp_path: Path
) -> None:
    source, limit = write_threads(tmp_path / "threads.csv", 50), Decimal("0.05")
    stopped = run_command(*options(source, "gpt-5-mini", 20), "--budget-usd", str(limit))
    assert stopped.code == 0, stopped.stderr
    (most,) = rows(settings, "SELECT max(cost_usd) AS usd FROM api_logs")
    assert limit - most["usd"] * Decimal("1.1") < spent(settings)[1] <= limit
    assert "stopped by the budget of USD 0.05" in " ".join(stopped.stdout.split())
    (run,) = rows(settings, "SELECT id, status FROM eval_runs")
    assert run["status"] == "completed_with_errors"
    done = run_command(*FLOW, "--resume", str(run["id"]), "--budget-usd", "5", "--json")
    assert (done.code, done.json["status"], greedy_server.calls) == (0, "completed", 50)
