"""Runs that are killed, interrupted or cancelled, and go on under the same id."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client

from deployments.local.server import LocalServer
from settings import Settings
from tests.fixtures.command import RunCommand, StartCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
THREADS, CONCURRENCY = 40, 10
PATIENCE_SECONDS = 60
UNTIL_CANCELLED_SECONDS = 600.0
"""A latency with which a run does not end before it is stopped."""


@pytest.fixture
def begun(
    start_command: StartCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    prefect_server: LocalServer,
    tmp_path: Path,
) -> "Callable[[int], subprocess.Popen[str]]":
    """Start a run of 80 calls and wait until the judge has been asked so many times."""
    model_server.latency_seconds = 0.1
    source = write_threads(tmp_path / "threads.csv", THREADS)

    def begin(calls: int) -> "subprocess.Popen[str]":
        process = start_command(
            *FLOW, "--source", source, "--judge", "openai:anything", "--concurrency", str(CONCURRENCY), "--json"
        )
        for _ in range(PATIENCE_SECONDS * 20):
            if model_server.calls >= calls or process.poll() is not None:
                break
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()
        return process

    return begin


def only_run(settings: Settings) -> dict[str, object]:
    """The one run there is."""
    (run,) = rows(settings, "SELECT * FROM eval_runs")
    return run


async def prefect_state(run_id: object) -> str | None:
    """What Prefect says of a run."""
    async with get_client() as client:
        return (await client.read_flow_run(UUID(str(run_id)))).state_name


@pytest.mark.parametrize("calls", [1, 79])
async def test_a_killed_run_resumes_without_paying_twice(
    calls: int,
    begun: "Callable[[int], subprocess.Popen[str]]",
    run_command: RunCommand,
    model_server: LocalOpenAI,
    settings: Settings,
) -> None:
    process = begun(calls)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    killed = only_run(settings)
    assert killed["status"] == "running"
    committed = {row["request_hash"] for row in rows(settings, "SELECT request_hash FROM api_logs WHERE usable")}
    scored = rows(settings, "SELECT * FROM thread_evaluations ORDER BY thread_id, evaluator")

    done = run_command(*FLOW, "--resume", str(killed["id"]), "--json")

    assert (done.code, done.json["run_id"], done.json["status"]) == (0, str(killed["id"]), "completed")
    per_thread = rows(settings, "SELECT thread_id, count(*) AS n FROM thread_evaluations GROUP BY 1")
    assert len(per_thread) == THREADS
    assert {row["n"] for row in per_thread} == {3}
    assert len(rows(settings, "SELECT FROM api_logs WHERE usable")) == 2 * THREADS
    asked_twice = [prompt for prompt, times in model_server.answered.items() if times > 1]
    assert len(asked_twice) <= CONCURRENCY
    assert model_server.calls <= 2 * THREADS + CONCURRENCY
    attempts = rows(settings, "SELECT request_hash, jsonb_array_length(attempts) AS n FROM api_logs")
    assert all(row["n"] == 1 for row in attempts if row["request_hash"] in committed)
    after = rows(settings, "SELECT * FROM thread_evaluations ORDER BY thread_id, evaluator")
    assert [row for row in after if row in scored] == scored
    assert await prefect_state(killed["id"]) == "Completed"


async def test_ctrl_c_leaves_the_run_cancelled_and_resumable(
    begun: "Callable[[int], subprocess.Popen[str]]",
    run_command: RunCommand,
    model_server: LocalOpenAI,
    settings: Settings,
) -> None:
    process = begun(20)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    stopped = only_run(settings)
    assert process.returncode == 130, (stdout, stderr)
    assert stopped["status"] == "cancelled"
    assert await prefect_state(stopped["id"]) == "Cancelled"
    assert f'"run_id":"{stopped["id"]}","status":"cancelled"' in stdout
    assert f"--resume {stopped['id']}" in stderr
    assert rows(settings, "SELECT FROM thread_evaluations")

    done = run_command(*FLOW, "--resume", str(stopped["id"]), "--json")

    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", THREADS)
    assert model_server.calls <= 2 * THREADS + CONCURRENCY


async def test_a_run_can_be_cancelled_from_another_terminal(
    begun: "Callable[[int], subprocess.Popen[str]]",
    run_command: RunCommand,
    model_server: LocalOpenAI,
    settings: Settings,
) -> None:
    model_server.latency_seconds = UNTIL_CANCELLED_SECONDS
    process = begun(1)
    run_id = str(only_run(settings)["id"])
    cancelled = run_command("runs", "cancel", run_id)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert cancelled.code == 0, cancelled.stderr
    assert process.returncode == 130
    assert only_run(settings)["status"] == "cancelled"
    assert await prefect_state(run_id) == "Cancelled"
    again = run_command("runs", "cancel", run_id)
    assert (again.code, "nothing to cancel" in again.stderr) == (1, True)


async def test_a_killed_run_is_listed_as_crashed_and_a_live_one_is_not_resumed(
    begun: "Callable[[int], subprocess.Popen[str]]",
    run_command: RunCommand,
    model_server: LocalOpenAI,
    settings: Settings,
) -> None:
    model_server.latency_seconds = UNTIL_CANCELLED_SECONDS
    process = begun(1)
    run_id = str(only_run(settings)["id"])
    second = run_command(*FLOW, "--resume", run_id)
    assert (second.code, "another process" in second.stderr) == (2, True)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    listed = run_command("runs", "list", "--json")
    assert listed.json["status"] == "crashed"
    assert await prefect_state(run_id) == "Crashed"


async def test_a_resume_with_changed_input_or_settings_says_what_changed_and_stops(
    begun: "Callable[[int], subprocess.Popen[str]]",
    run_command: RunCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    tmp_path: Path,
) -> None:
    process = begun(5)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    run_id = str(only_run(settings)["id"])
    before = model_server.calls
    other_judge = run_command(*FLOW, "--resume", run_id, "--judge", "rules")
    assert other_judge.code == 2
    assert "'judge' was 'openai:anything' and is now 'rules'" in other_judge.stderr
    write_threads(tmp_path / "threads.csv", THREADS + 1)
    other_input = run_command(*FLOW, "--resume", run_id)
    assert other_input.code == 2
    assert "threads.csv has changed" in other_input.stderr
    assert model_server.calls == before
