"""A process worker for servers: `python -m deployments.worker`. Stopped, it gives its runs back to the queue."""

import signal
import socket
import subprocess
import sys
from contextlib import suppress
from uuid import UUID

from deployments.apply import WORK_POOL
from deployments.local.signals import ignore_stop_signals, interrupted_once
from deployments.run_processes import interrupt_runs, run_ids

WORKER_STOP_SECONDS = 10.0


def main(
    *,
    pool: str = WORK_POOL,
    work_queue: tuple[str, ...] = (),
    limit: int | None = None,
    name: str = "",
    grace_seconds: float = 60,
) -> int:
    """Work until SIGTERM or Ctrl-C; then interrupt the runs, stop the worker, and let another go on with them.

    Args:
        pool: Work pool of type `process`.
        work_queue: Queues of the pool to take runs from, once for each; all of them where none is named.
        limit: Most runs at once; without one there is no limit.
        name: Name shown in the Prefect UI; the host's where it is empty.
        grace_seconds: How long an interrupted run may take to record what it has before it is killed.

    Returns:
        0 when it was stopped, else the exit code with which Prefect's worker ended by itself.
    """
    command = ["-m", "deployments.process_worker", "start", "--type", "process", "--with-healthcheck", "--pool", pool]
    command += ["--name", name or socket.gethostname(), *(["--limit", str(limit)] if limit is not None else [])]
    command += [part for queue in work_queue for part in ("--work-queue", queue)]
    with interrupted_once():
        worker: subprocess.Popen[bytes] | None = None
        try:
            # a session of its own: Ctrl-C in the terminal must not reach the worker before it has reached us
            worker = subprocess.Popen([sys.executable, *command], start_new_session=True)
            return worker.wait()
        except KeyboardInterrupt:
            ignore_stop_signals()
            if worker is not None:
                _stop(worker, grace_seconds)
            return 0


def _stop(worker: subprocess.Popen[bytes], grace_seconds: float) -> None:
    print("Stopping: runs are interrupted and go back to the queue.", flush=True)
    to_be_cancelled = [run_id for run_id in run_ids(worker.pid) if _state_type(run_id) == "CANCELLING"]
    interrupted = interrupt_runs(worker.pid, grace_seconds)
    worker.send_signal(signal.SIGTERM)
    try:
        worker.wait(WORKER_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
    for run_id in interrupted.difference(to_be_cancelled):
        print(f"run {run_id}: {put_back(run_id)}", flush=True)


def put_back(run_id: UUID) -> str:
    """Schedule a run again that was cut off, as Retry in the UI does; one that came to its end stays as it is.

    An interrupted run has written `cancelled` or `crashed`; one that was killed may still say that it runs.

    Returns:
        What became of it, for the log.
    """
    from prefect.client.orchestration import get_client
    from prefect.states import AwaitingRetry

    state = _state_type(run_id)
    if state in ("COMPLETED", "FAILED"):
        return state.lower()
    try:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run_id, AwaitingRetry(message="its worker was stopped"), force=True)
    except Exception as error:  # noqa: BLE001 whatever it is, the other runs are put back too
        return f"could not be put back ({type(error).__name__}): retry it in the Prefect UI"
    return "back in the queue"


def _state_type(run_id: UUID) -> str:
    """What Prefect says of the run; empty where it says nothing."""
    from prefect.client.orchestration import get_client

    try:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(run_id).state
    except Exception:  # noqa: BLE001 a server that is away must not keep a worker from stopping
        return ""
    return state.type.value if state else ""


if __name__ == "__main__":
    from cyclopts import App

    with suppress(KeyboardInterrupt):
        sys.exit(App(name="python -m deployments.worker", default_command=main)(result_action="return_value"))
