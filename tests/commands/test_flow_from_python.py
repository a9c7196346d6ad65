"""The flow as a Python function: called, called again under the same flow run, and called where there is no API."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow_async
from prefect.states import AwaitingRetry, Pending

from deployments.local.server import LocalServer, server_status
from flows.evaluate_threads import evaluate_threads
from settings import Settings, get_settings
from tasks.reports.summary import RunSummary
from tests.fixtures.database import new_home, remove_home
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI, error
from tests.threads import write_threads

CALL = """
import asyncio, sys
from flows.evaluate_threads import evaluate_threads
asyncio.run(evaluate_threads(sys.argv[1]))
"""


async def run_under(flow_run: FlowRun, parameters: dict[str, Any]) -> RunSummary:
    """Run the flow under a flow run that exists, as a retry does."""
    return await cast(Any, run_flow_async)(evaluate_threads, flow_run=flow_run, parameters=parameters)


async def test_it_returns_its_summary_and_the_rows_agree(
    settings: Settings, prefect_server: LocalServer, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 7)
    summary = await evaluate_threads(str(source), evaluators=["intent"], app="shop", limit=5)
    assert (summary.status, summary.items, summary.completed) == ("completed", 5, 5)
    assert summary.metrics["intent_accuracy"].value == 1.0
    assert set(summary.evaluators) == {"intent"}
    (run,) = rows(settings, "SELECT id, app, status, completed FROM eval_runs")
    assert run == {"id": summary.run_id, "app": "shop", "status": "completed", "completed": 5}
    async with get_client() as client:
        assert (await client.read_flow_run(summary.run_id)).name == "threads.csv by rules"


async def test_a_second_try_of_the_same_flow_run_does_only_what_is_missing(
    settings: Settings,
    prefect_server: LocalServer,
    model_server: LocalOpenAI,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("EVALFLOWS_CALL_ATTEMPTS", "1")
    get_settings.cache_clear()
    source = str(write_threads(tmp_path / "threads.csv", 6))
    parameters = evaluate_threads.validate_parameters({"source": source, "judge": "openai:anything"})
    model_server.behaviour = lambda number, body: error(503, "away", "no") if "message 3 of" in str(body) else None
    async with get_client() as client:
        flow_run = await client.create_flow_run(evaluate_threads, parameters=parameters, state=Pending())
        first = await run_under(flow_run, parameters)
        assert (first.status, first.unscored, model_server.calls) == ("completed_with_errors", {"infra": 2}, 12)
        kept = rows(settings, "SELECT * FROM thread_evaluations WHERE reason IS NULL ORDER BY 1, 2, 3")
        model_server.behaviour = None
        await client.set_flow_run_state(flow_run.id, AwaitingRetry(), force=True)
        again = await client.read_flow_run(flow_run.id)
        second = await run_under(again, parameters)
    assert (second.run_id, second.status, second.unscored, model_server.calls) == (flow_run.id, "completed", {}, 14)
    after = rows(settings, "SELECT * FROM thread_evaluations WHERE tries = '[]' ORDER BY 1, 2, 3")
    assert after == kept
    retried = rows(settings, "SELECT tries FROM thread_evaluations WHERE tries <> '[]'")
    assert [[one["reason"] for one in row["tries"]] for row in retried] == [["infra"], ["infra"]]


def test_without_any_api_it_says_what_to_do_and_starts_no_server(settings: Settings, tmp_path: Path) -> None:
    home = new_home()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {**clean, "EVALFLOWS_HOME": str(home), "PREFECT_HOME": str(home / "prefect-profile")}
    try:
        done = subprocess.run(
            [sys.executable, "-c", CALL, str(write_threads(tmp_path / "threads.csv", 2))],
            cwd=Path(__file__).parents[2],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "set PREFECT_API_URL" in done.stderr.strip().splitlines()[-1]
        assert server_status(Settings(home=home)) is None
        assert rows(settings, "SELECT FROM eval_runs") == []
    finally:
        remove_home(home)
