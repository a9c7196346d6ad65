"""The processes in which a process worker's runs live: interrupted one by one before the worker itself is stopped."""

import time
from uuid import UUID

import psutil

RUN_ID_VARIABLE = "PREFECT__FLOW_RUN_ID"


def interrupt_runs(worker_pid: int, grace_seconds: float) -> set[UUID]:
    """SIGTERM every run of the worker, also one that it starts meanwhile; what does not end in time is killed.

    In this order, because a Prefect 3.8 worker that is told to stop kills its runs on the spot: no `finally` of theirs
    runs and Prefect shows them as Running for ever.

    Returns:
        The flow-run ids of those that were told.
    """
    deadline = time.monotonic() + grace_seconds
    told: set[psutil.Process] = set()
    ids: set[UUID] = set()
    while runs := _children(worker_pid):
        for run in runs - told:
            ids |= _flow_run_id(run)
            run.terminate()
        told |= runs
        psutil.wait_procs(runs, timeout=0.2)
        if time.monotonic() > deadline:
            for run in _children(worker_pid):
                run.kill()
    return ids


def run_ids(worker_pid: int) -> set[UUID]:
    """The flow-run ids of what the worker runs now."""
    return {run_id for run in _children(worker_pid) for run_id in _flow_run_id(run)}


def _children(pid: int) -> set[psutil.Process]:
    try:
        return {child for child in psutil.Process(pid).children() if child.status() != psutil.STATUS_ZOMBIE}
    except psutil.NoSuchProcess:
        return set()


def _flow_run_id(run: psutil.Process) -> set[UUID]:
    try:
        return {UUID(run.environ()[RUN_ID_VARIABLE])}
    except (psutil.Error, KeyError, ValueError):
        return set()
