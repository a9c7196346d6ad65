"""The worker of `evalflows up`: it takes queued runs from the local Prefect server and runs each in its own process."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deployments.apply.pools import HEARTBEAT_SECONDS, WORK_POOL
from deployments.local.environment import server_folder, with_project_root
from deployments.local.logs import open_log
from deployments.local.slot import Slot
from deployments.run_processes import interrupt_runs
from settings import Settings

RUN_STOP_SECONDS = 10.0
WORKER_STOP_SECONDS = 5.0


def worker_slot(settings: Settings) -> Slot:
    """The place of the one worker of this home."""
    return Slot(server_folder(settings), "worker")


def worker_environment(settings: Settings, api_url: str, project: Path) -> dict[str, str]:
    """What the worker and its runs see: this process's environment (keys included), pointed at this home."""
    environment: Mapping[str, str] = os.environ
    database = settings.database_url
    return {
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": HEARTBEAT_SECONDS,
        "DO_NOT_TRACK": "1",
        **environment,
        **({} if database is None else {"EVALFLOWS_DATABASE_URL": database.get_secret_value()}),
        "EVALFLOWS_HOME": str(settings.home.expanduser().absolute()),
        "EVALFLOWS_ROOT": str(project),
        "PREFECT_API_URL": api_url,
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PYTHONPATH": with_project_root(environment.get("PYTHONPATH")),
    }


def start_worker(settings: Settings, api_url: str, project: Path) -> subprocess.Popen[bytes]:
    """Start the worker in a session of its own, so that Ctrl-C in the terminal does not reach it before `up` does.

    Raises:
        BlockingIOError: A worker of this home is running.
    """
    slot = worker_slot(settings)
    place = ["-m", "deployments.local.occupy", str(slot.folder), slot.name]
    worker = ["-m", "deployments.process_worker", "start", "--pool", WORK_POOL, "--type", "process", "--name", "local"]
    with slot.try_lock() as lock, open_log(slot.folder / "worker.log") as log:
        if lock is None:
            raise BlockingIOError(f"a worker runs already under {str(settings.home)!r}: stop it with `evalflows down`")
        slot.state_path.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, *place, sys.executable, *worker],
            cwd=project,
            env=worker_environment(settings, api_url, project),
            pass_fds=(lock,),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return process


def stop_worker(settings: Settings) -> bool:
    """Interrupt the runs in progress, wait until they have recorded it, then stop the worker. False when none ran.

    In this order, because a worker that is told to stop kills its runs on the spot.
    """
    slot = worker_slot(settings)
    if not slot.is_taken():
        return False
    if isinstance(pid := (slot.read() or {}).get("pid"), int):
        interrupt_runs(pid, RUN_STOP_SECONDS)
    return slot.stop(grace_seconds=WORKER_STOP_SECONDS)
