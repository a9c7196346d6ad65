"""Processes of ours that are killed: the run, the worker with and without its runs, the Prefect server."""

import os
import signal

import psutil

from deployments.local.server import server_status
from deployments.local.worker import worker_slot
from tests.crashes.faults.base import Fault
from tests.crashes.stage import Stage, wait_for


def kill_run(stage: Stage, run_pid: int) -> None:
    """SIGKILL the process of the run."""
    os.kill(run_pid, signal.SIGKILL)


def interrupt_run(stage: Stage, run_pid: int) -> None:
    """SIGTERM the process of the run, as a host that shuts down does."""
    os.kill(run_pid, signal.SIGTERM)


def kill_worker(stage: Stage, run_pid: int) -> None:
    """SIGKILL the worker; its run goes on without it."""
    os.kill(pid_of_worker(stage), signal.SIGKILL)


def kill_worker_and_run(stage: Stage, run_pid: int) -> None:
    """SIGKILL the worker and its run together, as a host that loses its power does."""
    for pid in (pid_of_worker(stage), run_pid):
        os.kill(pid, signal.SIGKILL)


def kill_prefect_server(stage: Stage, run_pid: int) -> None:
    """SIGKILL the Prefect server."""
    server = server_status(stage.settings)
    if server is not None:
        psutil.Process(server.pid).kill()


def pid_of_worker(stage: Stage) -> int:
    """The worker of `evalflows up`, which starts another where one was killed."""
    slot = worker_slot(stage.settings)
    assert wait_for(lambda: slot.is_taken() and slot.read())
    return (slot.read() or {})["pid"]


BORNE = (Fault("Prefect server killed", kill_prefect_server),)
ENDING = (Fault("run killed", kill_run), Fault("run interrupted", interrupt_run))
AT_WORKER = (
    Fault("Prefect server killed, run by a worker", kill_prefect_server, host="worker"),
    Fault("run of a worker killed", kill_run, host="worker"),
    Fault("run of a worker interrupted", interrupt_run, host="worker"),
    Fault("worker and its run killed", kill_worker_and_run, host="worker"),
    Fault("worker killed", kill_worker, host="worker"),
)
