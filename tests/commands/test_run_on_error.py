"""`--on-error` and `--max-failed`: what a run does about evaluations that fail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from settings import Settings, get_settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads", "--evaluators", "correctness", "--json")
THREADS, CONCURRENCY = 40, 4
Fails = Callable[[int, dict[str, Any]], web.Response | None]


@pytest.fixture(autouse=True)
def one_try(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call is made once: what fails has failed."""
    monkeypatch.setenv("EVALFLOWS_CALL_ATTEMPTS", "1")
    monkeypatch.setenv("EVALFLOWS_BREAKER_CALLS", "0")
    get_settings.cache_clear()


@pytest.fixture
def start(call_command: CallCommand, model_server: LocalOpenAI, tmp_path: Path) -> Callable[..., Any]:
    """Run 40 threads with some options."""
    source = write_threads(tmp_path / "threads.csv", THREADS)

    def run(*options: str) -> Any:
        given = ("--source", source, "--judge", "openai:anything", "--concurrency", str(CONCURRENCY))
        return call_command(*FLOW, *given, *options)

    return run


def fails_for(server: LocalOpenAI, status: int, threads: set[int], times: int = 1000) -> Fails:
    """Each of these threads fails the first so many times."""
    left = dict.fromkeys(threads, times)

    def behaviour(_: int, body: dict[str, Any]) -> web.Response | None:
        for thread in threads:
            if f"message {thread} of" in str(body) and left[thread]:
                left[thread] -= 1
                return server.error(status, "no")
        return None

    return behaviour


def test_the_first_failure_ends_a_run_that_bears_none_and_what_is_on_the_wire_is_kept(
    start: Callable[..., Any], call_command: CallCommand, model_server: LocalOpenAI, settings: Settings
) -> None:
    model_server.latency_seconds = 0.05
    model_server.behaviour = fails_for(model_server, 400, {9}, times=1)
    failed = start("--on-error", "fail")
    assert (failed.code, failed.json["status"], failed.stderr.count("\n")) == (1, "failed", 1)
    (run,) = rows(settings, "SELECT id, error_message FROM eval_runs")
    for said in ("correctness of thread 't9' is unscored: judge_failed", "--on-error fail", "--resume"):
        assert said in failed.stderr
        assert said in run["error_message"]
    stored = rows(settings, "SELECT * FROM thread_evaluations WHERE reason IS NULL ORDER BY thread_id")
    assert len(stored) + 1 == model_server.calls < THREADS
    model_server.behaviour = None
    done = call_command(*FLOW, "--resume", str(run["id"]), "--on-error", "skip")
    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", THREADS)
    assert model_server.calls == THREADS + 1
    after = rows(settings, "SELECT * FROM thread_evaluations WHERE tries = '[]' ORDER BY thread_id")
    assert [row for row in after if row in stored] == stored


def test_what_may_be_mended_is_tried_once_more_at_the_end(
    start: Callable[..., Any], model_server: LocalOpenAI, settings: Settings
) -> None:
    model_server.behaviour = fails_for(model_server, 503, {3, 30}, times=1)
    done = start("--on-error", "retry")
    assert (done.code, done.json["status"], done.json["unscored"]) == (0, "completed", {})
    assert model_server.calls == THREADS + 2
    tries = rows(settings, "SELECT thread_id, tries FROM thread_evaluations WHERE tries <> '[]' ORDER BY 1")
    assert [(row["thread_id"], [one["reason"] for one in row["tries"]]) for row in tries] == [
        ("t3", ["infra"]),
        ("t30", ["infra"]),
    ]
    (run,) = rows(settings, "SELECT progress FROM eval_runs")
    assert (run["progress"]["current"], run["progress"]["total"]) == (THREADS, THREADS)


@pytest.mark.parametrize(("on_error", "more_calls"), [("retry", 2), ("skip", 0)])
def test_what_fails_again_stays_unscored_and_is_not_tried_a_third_time(
    on_error: str, more_calls: int, start: Callable[..., Any], model_server: LocalOpenAI
) -> None:
    model_server.behaviour = fails_for(model_server, 503, {3, 30})
    done = start("--on-error", on_error)
    assert (done.code, done.json["status"], done.json["unscored"]) == (0, "completed_with_errors", {"infra": 2})
    assert model_server.calls == THREADS + more_calls


@pytest.mark.parametrize(("max_failed", "code", "status"), [("0.2", 0, "completed_with_errors"), ("0.19", 1, "failed")])
def test_a_run_fails_as_soon_as_more_failed_than_is_borne(
    max_failed: str, code: int, status: str, start: Callable[..., Any], model_server: LocalOpenAI, settings: Settings
) -> None:
    model_server.behaviour = fails_for(model_server, 503, set(range(8)))
    done = start("--max-failed", max_failed)
    assert (done.code, done.json["status"]) == (code, status)
    if code:
        assert "8 of 40 units failed, more than --max-failed 0.19 bears" in done.stderr
        assert 8 <= model_server.calls < THREADS
    assert len(rows(settings, "SELECT FROM thread_evaluations")) == model_server.calls


def test_a_run_that_would_fail_may_mend_itself_first(start: Callable[..., Any], model_server: LocalOpenAI) -> None:
    model_server.behaviour = fails_for(model_server, 503, set(range(20)), times=1)
    done = start("--max-failed", "0.1", "--on-error", "retry")
    assert (done.code, done.json["status"], model_server.calls) == (0, "completed", THREADS + 20)
    model_server.behaviour = fails_for(model_server, 503, set(range(20)))
    failed = start("--max-failed", "0.1", "--on-error", "retry")
    assert (failed.code, failed.json["status"]) == (1, "failed")
    assert "5 of 40 units failed" in failed.stderr


def test_at_the_end_all_that_failed_counts_whichever_process_saw_it(
    start: Callable[..., Any], call_command: CallCommand, model_server: LocalOpenAI, settings: Settings
) -> None:
    def refuses(_: int, body: dict[str, Any]) -> web.Response | None:
        return model_server.completion("no", body, "refusal") if "message 7 of" in str(body) else None

    model_server.behaviour = refuses
    first = start()
    assert (first.code, first.json["unscored"]) == (0, {"refused": 1})
    stricter = call_command(*FLOW, "--resume", first.json["run_id"], "--max-failed", "0")
    assert (stricter.code, stricter.json["status"], stricter.json["unscored"]) == (1, "failed", {"refused": 1})
    assert "1 of 40 units failed, more than --max-failed 0 bears" in stricter.stderr
    assert model_server.calls == THREADS
