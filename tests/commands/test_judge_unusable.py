"""A judge with a wrong key, an unknown model or no server behind it costs one call and one line, and no answer."""

import socket
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from deployments.local.server import LocalServer
from settings import Settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
THREADS = 60
NOTHING_JUDGED = "SELECT FROM thread_evaluations WHERE evaluator <> 'intent'"  # intents are compared without the judge
QUICK = {"EVALFLOWS_CALL_BACKOFF_SECONDS": "0.01", "EVALFLOWS_CALL_BACKOFF_MAX_SECONDS": "0.02"}


@pytest.fixture
def source(tmp_path: Path, prefect_server: LocalServer) -> Path:
    """Sixty threads: two calls each."""
    return write_threads(tmp_path / "threads.csv", THREADS)


def complaints(stderr: str) -> list[str]:
    """The lines on standard error, without the estimate."""
    return [line for line in stderr.splitlines() if not line.startswith("estimate: ")]


@pytest.mark.parametrize(("status", "says"), [(401, "wrong key"), (404, "no such model")])
def test_what_the_api_refuses_stops_a_run_of_many_places_at_its_first_call_and_is_mended_by_a_resume(
    status: int, says: str, call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, source: Path
) -> None:
    model_server.behaviour = lambda number, body: model_server.error(status, says)
    given = ("--source", source, "--judge", "openai:anything", "--concurrency", "50")
    refused = call_command(*FLOW, *given, EVALFLOWS_START_CONCURRENCY="50")
    (line,) = complaints(refused.stderr)
    assert (refused.code, refused.stdout, model_server.calls) == (2, "", 1)
    assert line.startswith("evalflows: judge 'openai:anything' cannot be used: ")
    assert says in line
    (run,) = rows(settings, "SELECT id, status, error_message FROM eval_runs")
    assert run["status"] == "failed"
    assert says in run["error_message"]
    assert rows(settings, NOTHING_JUDGED) == []

    model_server.behaviour = None
    done = call_command(*FLOW, "--resume", str(run["id"]), "--json")
    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", THREADS), done.stderr
    assert model_server.calls == 1 + 2 * THREADS


def test_nobody_behind_the_url_is_one_line_and_nothing_is_scored(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, source: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = ("--source", source, "--judge", "openai:anything", "--concurrency", "50", "--json")
    nobody = {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "EVALFLOWS_CALL_ATTEMPTS": "2"}
    refused = call_command(*FLOW, *given, **nobody, **QUICK)
    assert (refused.code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1), refused
    assert refused.stderr.startswith("evalflows: judge 'openai:anything' cannot be used: ")
    assert "no connection" in refused.stderr
    assert str(port) in refused.stderr
    (run,) = rows(settings, "SELECT status FROM eval_runs")
    assert run["status"] == "failed"
    # a second call may have failed when the first stopped the run
    assert rows(settings, f"{NOTHING_JUDGED} AND reason IS DISTINCT FROM 'infra'") == []
    assert rows(settings, "SELECT FROM api_logs WHERE usable OR tokens_in > 0") == []


def test_a_judge_that_dies_in_the_middle_stops_the_run_and_what_it_answered_is_not_asked_again(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, source: Path
) -> None:
    def dies(number: int, _: dict[str, Any]) -> web.Response | None:
        return model_server.error(500, "out of order") if number > 30 else None

    model_server.behaviour = dies
    given = ("--source", source, "--judge", "openai:anything", "--concurrency", "10")
    patience = {"EVALFLOWS_CALL_ATTEMPTS": "2", "EVALFLOWS_BREAKER_CALLS": "5", **QUICK}
    stopped = call_command(*FLOW, *given, **patience)
    (line,) = complaints(stopped.stderr)
    assert stopped.code == 1
    assert "gave no usable reply to 5 calls in a row" in line
    assert "out of order" in line
    (run,) = rows(settings, "SELECT id, status FROM eval_runs")
    assert run["status"] == "failed"
    assert len(rows(settings, "SELECT FROM api_logs WHERE usable")) == 30
    kept = rows(settings, "SELECT * FROM thread_evaluations WHERE reason IS NULL ORDER BY thread_id, evaluator")

    model_server.behaviour = None
    done = call_command(*FLOW, "--resume", str(run["id"]), "--json")
    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", THREADS), done.stderr
    assert (len(model_server.answered), set(model_server.answered.values())) == (2 * THREADS, {1})
    after = rows(settings, "SELECT * FROM thread_evaluations ORDER BY thread_id, evaluator")
    assert [row for row in after if row in kept] == kept
