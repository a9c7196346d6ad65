"""Keys: in no row, log, artifact, state or parameter after a run, also where the API repeats them in an error."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, LogFilter, LogFilterFlowRunId

from deployments.local.server import LocalServer
from settings import Settings
from storage.tables import Base
from tests.fixtures.command import RunCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

KEY = "sk-0123456789abcdefghijklmnop"
FLOW = ("run", "evaluate-threads", "--judge", "openai:anything", "--evaluators", "correctness")


async def kept_by_prefect(run_id: UUID) -> list[str]:
    """All that the Prefect server has of a run."""
    async with get_client() as client:
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
        found: list[Any] = [
            await client.read_flow_run(run_id),
            *await client.read_flow_run_states(run_id),
            *await client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run_id]))),
            *await client.read_artifacts(flow_run_filter=wanted),
            *await client.read_task_runs(flow_run_filter=wanted),
        ]
    return [one.model_dump_json() for one in found]


@pytest.mark.parametrize("refused", [False, True], ids=["answered", "refused with the key in the message"])
async def test_a_key_is_nowhere_after_a_run(
    refused: bool,
    run_command: RunCommand,
    model_server: LocalOpenAI,
    prefect_server: LocalServer,
    settings: Settings,
    tmp_path: Path,
) -> None:
    if refused:
        model_server.behaviour = lambda number, body: model_server.error(401, f"Incorrect API key provided: {KEY}")
    source = write_threads(tmp_path / "threads.csv", 4)
    done = run_command(*FLOW, "--source", source, OPENAI_API_KEY=KEY)
    assert done.code == (2 if refused else 0), done.stderr
    assert model_server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in done.stdout + done.stderr
    (run,) = rows(settings, "SELECT id FROM eval_runs")
    kept = await kept_by_prefect(run["id"])
    assert len(kept) > 5
    assert not [one for one in kept if KEY in one]
    for table in Base.metadata.sorted_tables:
        assert rows(settings, f"SELECT FROM {table.name} AS t WHERE t::text LIKE '%%{KEY}%%'") == [], table.name
