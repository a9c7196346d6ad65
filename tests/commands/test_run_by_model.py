"""`evalflows run evaluate-threads` as installed, against a server that speaks the OpenAI protocol."""

from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
)

from deployments.local.server import LocalServer
from settings import Settings
from tests.commands.conftest import CallCommand
from tests.fixtures.command import RunCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI, error
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")


def test_every_thread_has_its_rows_and_the_json_line_agrees_with_postgres(
    run_command: RunCommand, model_server: LocalOpenAI, settings: Settings, prefect_server: LocalServer, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 60)
    done = run_command(*FLOW, "--source", source, "--judge", "openai:anything", "--json")
    assert (done.code, done.stderr) == (0, "")
    told = done.json
    run = rows(settings, "SELECT * FROM eval_runs WHERE id = %s", UUID(told["run_id"]))[0]
    assert run["status"] == told["status"] == "completed"
    assert run["items"] == run["completed"] == told["items"] == told["completed"] == 60
    assert (run["tokens_in"], run["tokens_out"]) == (told["tokens"]["in"], told["tokens"]["out"])
    assert run["cost_usd"] is told["cost_usd"] is None
    assert run["summary"]["metrics"]["success_rate"]["value"] == told["metrics"]["success_rate"]["value"] == 1.0
    per_evaluator = rows(
        settings,
        "SELECT evaluator, count(*) AS n FROM thread_evaluations WHERE run_id = %s GROUP BY 1 ORDER BY 1",
        run["id"],
    )
    assert per_evaluator == [{"evaluator": name, "n": 60} for name in ("correctness", "efficiency", "intent")]
    calls = rows(settings, "SELECT * FROM api_logs WHERE run_id = %s", run["id"])
    assert len(calls) == model_server.calls == 120
    assert all(call["usable"] and call["response"] and call["tokens_in"] == 100 for call in calls)


def test_progress_and_summary_are_visible_in_prefect(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 30)
    told = call_command(*FLOW, "--source", source, "--judge", "openai:anything", "--app", "Shop Bot", "--json").json
    run_id = UUID(told["run_id"])
    with get_client(sync_client=True) as client:
        flow_run = client.read_flow_run(run_id)
        artifacts = client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id])),
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])),
        )
    assert flow_run.state is not None
    assert flow_run.state.is_completed()
    assert flow_run.name == "threads.csv by openai:anything"
    by_key = {artifact.key: artifact for artifact in artifacts}
    assert by_key["progress"].data == 100.0
    assert {"summary-shop-bot", "summary-shop-bot-text"} <= set(by_key)
    assert "Success rate" in str(by_key["summary-shop-bot-text"].data)


@pytest.mark.parametrize(
    ("status", "code", "reason", "attempts"),
    [
        (400, "invalid_request_error", "judge_failed", 1),
        (503, "server_error", "infra", 2),
        (429, "rate_limit", "infra", 1),
    ],
)
def test_a_judge_that_fails_leaves_threads_unscored_with_the_reason(
    status: int,
    code: str,
    reason: str,
    attempts: int,
    call_command: CallCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    tmp_path: Path,
) -> None:
    source = write_threads(tmp_path / "threads.csv", 5)
    model_server.behaviour = lambda number, body: error(status, code, "no") if "message 3 of" in str(body) else None
    done = call_command(
        *FLOW, "--source", source, "--judge", "openai:anything", "--evaluators", "correctness", "--json",
        EVALFLOWS_CALL_ATTEMPTS="2", EVALFLOWS_CALL_BACKOFF_SECONDS="0.01",
        EVALFLOWS_RATE_LIMIT_PATIENCE_SECONDS="0.000001",
    )  # fmt: skip
    assert done.code == 0
    assert done.json["status"] == "completed_with_errors"
    assert done.json["unscored"] == {reason: 1}
    failed = rows(settings, "SELECT * FROM thread_evaluations WHERE reason IS NOT NULL")
    assert [(row["thread_id"], row["verdict"], row["score"]) for row in failed] == [("t3", None, None)]
    logged = rows(settings, "SELECT * FROM api_logs WHERE item = 't3'")
    assert [(row["usable"], row["response"], len(row["attempts"])) for row in logged] == [(False, None, attempts)]


def test_no_key_appears_in_any_row_or_line(
    run_command: RunCommand, model_server: LocalOpenAI, settings: Settings, prefect_server: LocalServer, tmp_path: Path
) -> None:
    key = "sk-not-to-be-seen-anywhere"
    source = write_threads(tmp_path / "threads.csv", 3)
    model_server.behaviour = lambda number, body: error(401, "invalid_api_key", "wrong key") if number == 2 else None
    done = run_command(*FLOW, "--source", source, "--judge", "openai:anything", OPENAI_API_KEY=key)
    tables = ("eval_runs", "thread_evaluations", "api_logs")
    held = [rows(settings, f"SELECT row_to_json(held)::text AS held FROM {table} AS held") for table in tables]
    assert done.code == 0
    assert all(held)
    assert key not in done.stdout + done.stderr + str(held)
