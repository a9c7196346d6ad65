"""A worker for servers: told to stop, it gives its run back to the queue; a run that crashed is retried at once."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.flows import load_flow_from_entrypoint
from prefect.states import AwaitingRetry

from deployments.local.ports import listen
from deployments.local.server import LocalServer
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[2]
TINY = PROJECT / "tests" / "deployments" / "tiny_project"
PATIENCE_SECONDS = 120
KEY = "sk-only-in-the-environment"


@pytest.fixture
def client(prefect_server: LocalServer) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def pool() -> str:
    return f"worker-of-a-server-{uuid4()}"


@pytest.fixture
def deployment_id(client: SyncPrefectClient, pool: str) -> UUID:
    """The tiny flow, to be run by a process worker in its folder."""
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    client.create_work_pool(WorkPoolCreate(name=pool, type="process", base_job_template=template))
    flow_id = client.create_flow(load_flow_from_entrypoint(f"{TINY / 'tiny_flow.py'}:tiny"))
    return client.create_deployment(
        flow_id, name=pool, work_pool_name=pool, path=str(TINY), entrypoint="tiny_flow.py:tiny"
    )


@pytest.fixture
def worker(prefect_server: LocalServer, deployment_id: UUID, pool: str) -> Iterator[subprocess.Popen[str]]:
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
    command = [sys.executable, "-m", "deployments.worker", "--pool", pool, "--name", "one of many"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield process
    if process.poll() is None:
        process.terminate()
        process.communicate(timeout=120)


def test_a_stopped_worker_interrupts_its_run_and_gives_it_back_to_the_queue(
    client: SyncPrefectClient, worker: subprocess.Popen[str], deployment_id: UUID, pool: str, tmp_path: Path
) -> None:
    said = tmp_path / "said.txt"
    run = client.create_flow_run_from_deployment(deployment_id, parameters={"file": str(said), "seconds": 600})
    assert wait_until(said.exists, PATIENCE_SECONDS)
    assert KEY in said.read_text()
    worker.terminate()
    printed, _ = worker.communicate(timeout=120)
    assert worker.returncode == 0, printed
    assert said.read_text().endswith("cancelled\n")
    assert f"run {run.id}: back in the queue" in printed
    found = client.read_flow_run(run.id)
    assert found.state is not None
    assert found.state.name == "AwaitingRetry"
    held = [found, client.read_work_pool(pool), client.read_deployment(deployment_id)]
    assert not any(KEY in one.model_dump_json() for one in held)
    assert KEY not in printed


def test_a_run_retried_before_its_crash_is_dealt_with_goes_on(
    client: SyncPrefectClient, worker: subprocess.Popen[str], deployment_id: UUID, tmp_path: Path
) -> None:
    said, pid, hold = tmp_path / "said.txt", tmp_path / "pid", tmp_path / "hold"
    hold.touch()
    run = client.create_flow_run_from_deployment(deployment_id, parameters={"file": str(said), "seconds": 5})
    assert wait_until(pid.exists, PATIENCE_SECONDS)
    os.kill(int(pid.read_text()), signal.SIGKILL)
    assert wait_until((tmp_path / "crashed").exists, PATIENCE_SECONDS)
    said.unlink()
    client.set_flow_run_state(run.id, AwaitingRetry())
    assert wait_until(said.exists, PATIENCE_SECONDS)
    hold.unlink()
    assert wait_until(lambda: said.read_text().endswith("ended\n"), PATIENCE_SECONDS)
    assert wait_until(lambda: is_completed(client, run.id), PATIENCE_SECONDS)
    states = [state.name for state in client.read_flow_run_states(run.id)]
    assert states.count("Crashed") == 1, states


def is_completed(client: SyncPrefectClient, run_id: UUID) -> bool:
    state = client.read_flow_run(run_id).state
    return state is not None and state.is_completed()
