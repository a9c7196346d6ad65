"""`--reuse run|always|never`: whose answers a run uses again, and that those of failed calls are nobody's."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from settings import Settings, get_settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads", "--judge", "openai:gpt-5-mini", "--json")
THREADS = 12


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Twelve threads: two calls each."""
    return write_threads(tmp_path / "threads.csv", THREADS)


def test_another_run_uses_the_answers_again_only_where_it_is_to(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, source: Path
) -> None:
    first = call_command(*FLOW, "--source", source)
    assert (first.code, model_server.calls) == (0, 2 * THREADS), first.stderr

    again = call_command(*FLOW, "--source", source, "--reuse", "always")
    assert (again.code, again.json["status"], model_server.calls) == (0, "completed", 2 * THREADS), again.stderr
    assert (again.json["calls"], again.json["cost_usd"], again.json["tokens"]) == (0, 0, {"in": 0, "out": 0})
    assert (again.json["metrics"], again.json["counts"]) == (first.json["metrics"], first.json["counts"])
    query = "SELECT usable, response, cost_usd, attempts FROM api_logs ORDER BY run_id = %s, request_hash"
    ledger = rows(settings, query, first.json["run_id"])
    reused, paid = ledger[: 2 * THREADS], ledger[2 * THREADS :]
    assert [row["response"] for row in reused] == [row["response"] for row in paid]
    assert {attempt["reused_from"] for row in reused for attempt in row["attempts"]} == {first.json["run_id"]}
    assert all(row["usable"] and row["cost_usd"] == 0 and len(row["attempts"]) == 1 for row in reused)
    assert not any("reused_from" in attempt for row in paid for attempt in row["attempts"])

    for reuse, calls in (("run", 4 * THREADS), ("never", 6 * THREADS)):
        fresh = call_command(*FLOW, "--source", source, "--reuse", reuse)
        assert (fresh.code, model_server.calls) == (0, calls), fresh.stderr
        assert fresh.json["cost_usd"] == first.json["cost_usd"] > 0


def test_what_was_no_usable_answer_is_asked_again_and_nothing_else(
    call_command: CallCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    source: Path,
) -> None:
    monkeypatch.setenv("EVALFLOWS_CALL_ATTEMPTS", "1")
    get_settings.cache_clear()

    def fails(_: int, body: dict[str, Any]) -> web.Response | None:
        endings = {
            "message 1 of": lambda: model_server.completion('{"other": 1}', body),
            "message 2 of": lambda: model_server.completion("I will not.", body, "refusal"),
            "message 3 of": lambda: model_server.completion('{"messages": []}', body, "length"),
            "message 4 of": lambda: model_server.completion("", body, "content_filter"),
            "message 5 of": lambda: model_server.error(400, "no"),
            "message 6 of": lambda: model_server.error(503, "later"),
        }
        return next((ending() for said, ending in endings.items() if said in str(body)), None)

    model_server.behaviour = fails
    options = (*FLOW, "--source", source, "--evaluators", "correctness")
    first = call_command(*options)
    unscored = {"unparseable": 1, "refused": 2, "truncated": 1, "judge_failed": 1, "infra": 1}
    assert (first.code, first.json["unscored"]) == (0, unscored), first.stderr
    assert model_server.calls == THREADS + 1  # one repair

    model_server.behaviour = None
    again = call_command(*options, "--reuse", "always")
    assert (again.code, again.json["status"], again.json["unscored"]) == (0, "completed", {}), again.stderr
    assert model_server.calls == THREADS + 1 + 6
    asked = rows(
        settings, "SELECT item FROM api_logs WHERE run_id = %s AND tokens_in > 0 ORDER BY 1", again.json["run_id"]
    )
    assert [row["item"] for row in asked] == [f"t{number}" for number in range(1, 7)]


def test_a_run_that_goes_on_uses_its_own_answers_and_is_not_told_otherwise(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, source: Path
) -> None:
    model_server.behaviour = lambda number, body: model_server.error(400, "no") if number == 5 else None
    first = call_command(*FLOW, "--source", source, "--reuse", "never")
    assert (first.code, first.json["status"]) == (0, "completed_with_errors"), first.stderr
    calls, before = model_server.calls, rows(settings, "SELECT * FROM eval_runs")
    for options in (("--reuse", "never"), ()):
        refused = call_command(*FLOW, "--resume", first.json["run_id"], *options)
        assert (refused.code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
        assert "--reuse never" in refused.stderr
        assert "--reuse run" in refused.stderr
    assert (rows(settings, "SELECT * FROM eval_runs"), model_server.calls) == (before, calls)

    done = call_command(*FLOW, "--resume", first.json["run_id"], "--reuse", "run")
    assert (done.code, done.json["status"], model_server.calls) == (0, "completed", calls + 1), done.stderr
