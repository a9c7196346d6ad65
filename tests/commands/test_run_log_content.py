"""`--log-content no`: what was said is in the ledger only until its thread is judged, also when a process dies."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from deployments.local.server import LocalServer
from settings import Settings, get_settings
from tests.commands.conftest import CallCommand
from tests.fixtures.command import RunCommand, StartCommand
from tests.rows import rows
from tests.servers.base import CutOff
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads", "--judge", "openai:anything", "--evaluators", "correctness", "--json")
THREADS, TURNS, UNFINISHED = 8, 6, 4
SAID = ("where is my parcel", "It arrives on Monday", "Right.")
"""Words of the user, of the bot, and of the judge."""

PATIENCE_SECONDS = 60


@dataclass
class HoldingOpenAI(LocalOpenAI):
    """A judge that does not answer what is about the last turn of an odd thread, until it is told to."""

    holds: bool = True

    async def respond_once(self, request: web.Request) -> web.Response | CutOff:
        """Answer, or keep the caller waiting."""
        asked = (await request.json())["messages"][-1]["content"]
        while self.holds and f"turn {TURNS - 1}:" in asked and any(f"message {n} of" in asked for n in (1, 3, 5, 7)):
            await asyncio.sleep(0.05)
        return await super().respond_once(request)


@pytest.fixture
def holding_server(monkeypatch: pytest.MonkeyPatch, prefect_server: LocalServer) -> Iterator[HoldingOpenAI]:
    """The judge, asked about four messages of a thread at a time."""
    server = HoldingOpenAI()
    server.start()
    monkeypatch.setenv("OPENAI_BASE_URL", server.root_url)
    monkeypatch.setenv("OPENAI_API_KEY", "test-key-for-a-local-server")
    monkeypatch.setenv("EVALFLOWS_WINDOW_MESSAGES", "4")
    monkeypatch.setenv("EVALFLOWS_WINDOW_OVERLAP", "1")
    yield server
    server.holds = False
    server.stop()


def items_with_content(settings: Settings) -> set[str]:
    """The threads of which the ledger holds anything that was said."""
    held = rows(settings, "SELECT item, row_to_json(api_logs)::text AS held FROM api_logs")
    return {row["item"] for row in held if any(word in row["held"] for word in SAID)}


def wait_until(holds: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait for something that a run which goes on brings about."""
    for _ in range(PATIENCE_SECONDS * 20):
        if process.poll() is not None or holds():
            break
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()
    assert holds()


def test_content_is_kept_for_unfinished_threads_only_and_a_killed_run_uses_it(
    start_command: StartCommand,
    run_command: RunCommand,
    holding_server: HoldingOpenAI,
    settings: Settings,
    tmp_path: Path,
) -> None:
    source = write_threads(tmp_path / "threads.csv", THREADS, TURNS)
    process = start_command(*FLOW, "--source", source, "--log-content", "no", "--concurrency", "50")
    finished, logged = "SELECT FROM thread_evaluations", "SELECT FROM api_logs"
    wait_until(lambda: len(rows(settings, finished)) == THREADS - UNFINISHED, process)
    wait_until(lambda: len(rows(settings, logged)) == holding_server.calls, process)
    odd = {f"t{number}" for number in range(1, THREADS, 2)}
    wait_until(lambda: items_with_content(settings) == odd, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert items_with_content(settings) == odd
    (run,) = rows(settings, "SELECT id FROM eval_runs")
    answered = holding_server.calls
    holding_server.holds = False

    done = run_command(*FLOW, "--resume", str(run["id"]))
    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", THREADS), done.stderr
    asked_twice = [times for times in holding_server.answered.values() if times > 1]
    assert len(asked_twice) == UNFINISHED  # what was on the wire when the process died, and nothing else
    assert holding_server.calls == answered + 2 * UNFINISHED
    assert items_with_content(settings) == set()
    (sums,) = rows(settings, "SELECT count(*) AS calls, sum(tokens_in) AS tokens_in FROM api_logs WHERE usable")
    assert (sums["calls"], sums["tokens_in"]) == (answered + UNFINISHED, 100 * (answered + UNFINISHED))


def test_no_word_of_a_thread_is_left_of_calls_that_failed_in_any_way(
    call_command: CallCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("EVALFLOWS_CALL_ATTEMPTS", "1")
    monkeypatch.setenv("EVALFLOWS_BREAKER_CALLS", "0")
    get_settings.cache_clear()

    def repeats_what_it_was_asked(_: int, body: dict[str, Any]) -> web.Response | None:
        said = body["messages"][-1]["content"]
        endings = {
            "message 0 of": lambda: model_server.completion(f'{{"{SAID[0]}": "{SAID[1]}"}}', body),
            "message 1 of": lambda: model_server.completion(said, body),
            "message 2 of": lambda: model_server.completion(f"I will not: {said}", body, "refusal"),
            "message 3 of": lambda: model_server.completion(said, body, "length"),
            "message 4 of": lambda: model_server.error(400, f"not allowed: {said}"),
            "message 5 of": lambda: model_server.error(503, f"busy: {said}"),
        }
        return next((ending() for words, ending in endings.items() if words in str(body)), None)

    model_server.behaviour = repeats_what_it_was_asked
    source = write_threads(tmp_path / "threads.csv", THREADS)
    done = call_command(*FLOW, "--source", source, "--log-content", "no")
    unscored = {"unparseable": 2, "refused": 1, "truncated": 1, "judge_failed": 1, "infra": 1}
    assert (done.code, done.json["unscored"]) == (0, unscored), done.stderr
    assert items_with_content(settings) == set()
    query = (
        "SELECT each ->> 'error' AS error FROM api_logs, jsonb_array_elements(attempts) AS each WHERE each ? 'error'"
    )
    errors = rows(settings, query)
    assert {row["error"] for row in errors} == set(unscored)
    (run,) = rows(settings, "SELECT tokens_in, tokens_out FROM eval_runs")
    (sums,) = rows(settings, "SELECT sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out FROM api_logs")
    assert (sums["tokens_in"], sums["tokens_out"]) == (run["tokens_in"], run["tokens_out"])
    assert run["tokens_in"] > 0
