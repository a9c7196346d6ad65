"""A judge that cannot be used, or stops answering, ends the run at once with one line."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiohttp import web

from settings import Settings, get_settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
THREADS = 60


@pytest.mark.parametrize(("status", "says"), [(401, "401"), (403, "403"), (404, "404")])
def test_a_wrong_key_or_model_costs_one_call_and_says_so_in_one_line(
    status: int, says: str, call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, tmp_path: Path
) -> None:
    model_server.behaviour = lambda number, body: model_server.error(status, "not for you")
    source = write_threads(tmp_path / "threads.csv", THREADS)
    options = ("--judge", "openai:anything", "--evaluators", "correctness", "efficiency", "--json")
    done = call_command(*FLOW, "--source", source, *options)
    assert (done.code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("evalflows: judge 'openai:anything'")
    assert says in done.stderr
    assert model_server.calls == 1
    (run,) = rows(settings, "SELECT status, error_message FROM eval_runs")
    assert run["status"] == "failed"
    assert "openai:anything" in run["error_message"]
    assert rows(settings, "SELECT FROM thread_evaluations") == []


def test_a_judge_that_is_not_there_is_one_line(
    call_command: CallCommand, model_server: LocalOpenAI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("EVALFLOWS_CALL_ATTEMPTS", "1")
    get_settings.cache_clear()
    source = write_threads(tmp_path / "threads.csv", 3)
    done = call_command(*FLOW, "--source", source, "--judge", "openai:anything", "--json")
    assert (done.code, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "judge 'openai:anything'" in done.stderr


def test_a_judge_that_stops_answering_ends_the_run_which_can_be_resumed(
    call_command: CallCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("EVALFLOWS_CALL_ATTEMPTS", "1")
    monkeypatch.setenv("EVALFLOWS_BREAKER_CALLS", "5")
    get_settings.cache_clear()

    def away(number: int, _: dict[str, Any]) -> web.Response | None:
        return model_server.error(503, "away") if number > 20 else None

    model_server.behaviour = away
    source = write_threads(tmp_path / "threads.csv", THREADS)
    options = ("--judge", "openai:anything", "--evaluators", "correctness", "--concurrency", "4", "--json")
    stopped = call_command(*FLOW, "--source", source, *options)
    assert (stopped.code, stopped.json["status"], stopped.stderr.count("\n")) == (1, "failed", 1)
    assert "gave no usable reply to 5 calls in a row" in stopped.stderr
    assert model_server.calls <= 20 + 5 + 4
    kept = rows(settings, "SELECT * FROM thread_evaluations WHERE reason IS NULL ORDER BY thread_id")
    assert len(kept) == 20
    model_server.behaviour = None
    before = model_server.calls
    done = call_command(*FLOW, "--resume", stopped.json["run_id"], "--json")
    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", THREADS)
    assert model_server.calls - before == THREADS - 20
    after = rows(settings, "SELECT * FROM thread_evaluations WHERE reason IS NULL ORDER BY thread_id")
    assert [row for row in after if row in kept] == kept


def test_a_run_whose_process_was_killed_says_how_many_answers_that_may_have_cost(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 3)
    options = ("--judge", "openai:anything", "--evaluators", "correctness", "--concurrency", "7", "--json")
    run_id = call_command(*FLOW, "--source", source, *options).json["run_id"]
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        connection.execute("UPDATE eval_runs SET status = 'crashed'")
        connection.execute("DELETE FROM thread_evaluations WHERE thread_id = 't1'")
    done = call_command(*FLOW, "--resume", run_id)
    assert done.code == 0, done.stderr
    said = "at most 7 calls were on the wire when a process of the run was stopped and may have been paid for twice"
    assert said in " ".join(done.stdout.split())
    assert model_server.calls == 3
