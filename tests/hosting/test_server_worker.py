"""A worker for servers that is told to stop: its run keeps what it has and goes back to the queue."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.flows import load_flow_from_entrypoint

from deployments.local.ports import listen
from deployments.local.server import LocalServer

PROJECT = Path(__file__).parents[2]
TINY = PROJECT / "tests" / "deployments" / "tiny_project"
POOL = "worker-of-a-server"
KEY = "sk-only-in-the-environment"


@pytest.fixture
def client(prefect_server: LocalServer) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def deployment_id(client: SyncPrefectClient, prefect_server: LocalServer) -> UUID:
    """The tiny flow, to be run by a process worker in its folder."""
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))
    flow_id = client.create_flow(load_flow_from_entrypoint(f"{TINY / 'tiny_flow.py'}:tiny"))
    return client.create_deployment(
        flow_id, name=POOL, work_pool_name=POOL, path=str(TINY), entrypoint="tiny_flow.py:tiny"
    )


@pytest.fixture
def worker(prefect_server: LocalServer, deployment_id: UUID) -> Iterator[subprocess.Popen[str]]:
    with listen(None) as probe:
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "A_KEY": KEY,
        "PREFECT_API_URL": prefect_server.api_url,
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_WORKER_WEBSERVER_PORT": str(port),
        "PYTHONPATH": str(PROJECT),
    }
    command = [sys.executable, "-m", "deployments.worker", "--pool", POOL, "--name", "one of many"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield process
    if process.poll() is None:
        process.terminate()
        process.communicate(timeout=120)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_stopped_worker_interrupts_its_run_and_gives_it_back_to_the_queue(
    client: SyncPrefectClient, worker: subprocess.Popen[str], deployment_id: UUID, tmp_path: Path
) -> None:
    said = tmp_path / "said.txt"
    run = client.create_flow_run_from_deployment(deployment_id, parameters={"file": str(said), "seconds": 600})
    wait_until(said.exists)
    assert KEY in said.read_text()
    worker.terminate()
    printed, _ = worker.communicate(timeout=120)
    assert worker.returncode == 0, printed
    assert said.read_text().endswith("cancelled\n")
    assert f"run {run.id}: back in the queue" in printed
    found = client.read_flow_run(run.id)
    assert found.state is not None
    assert found.state.name == "AwaitingRetry"
    pool = client.read_work_pool(POOL)
    held = [found, pool, client.read_deployment(deployment_id)]
    assert not any(KEY in one.model_dump_json() for one in held)
    assert KEY not in printed
