"""`evalflows up`: database, Prefect server and UI, worker and all deployments, until Ctrl-C."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from deployments.apply import WORK_POOL, apply
from deployments.local.environment import PROJECT_ROOT, server_folder
from deployments.local.sample import prepare_database
from deployments.local.server import LocalServer, api_url_from_prefect, ensure_server, server_status, stop_server
from deployments.local.signals import ignore_stop_signals, interrupted_once
from deployments.local.slot import Slot
from deployments.local.stack import local_stack
from deployments.local.watch import Stack, mark_lost_runs
from deployments.local.worker import start_worker, stop_worker
from settings import Settings
from storage.embedded import embedded_status, stop_embedded

EXIT_STOPPED = 0
EXIT_ALREADY_UP = 2
OWNS_DATABASE = "owns_database"
"""In the state file: this `up` started the database, or one that was killed did; so it is stopped in the end."""


def up(settings: Settings, project: Path = PROJECT_ROOT) -> int:
    """Start what is not there yet, keep it running, and stop it all on Ctrl-C, SIGTERM or SIGHUP.

    Args:
        settings: Which home, which database.
        project: The folder of prefect.yaml, in which the worker's runs start.

    Returns:
        0 when it was stopped, 2 when another `evalflows up` has this home.

    Raises:
        LocalServerError: The Prefect server could not be started.
        DeploymentError: prefect.yaml could not be applied.
        storage.errors.DatabaseError: The database could not be started or used.
    """
    slot = up_slot(settings)
    with slot.try_lock() as lock:
        if lock is None:
            _say_already_up(settings, slot)
            return EXIT_ALREADY_UP
        owns_database = settings.database_url is None and (
            embedded_status(settings) is None or bool((slot.read() or {}).get(OWNS_DATABASE))
        )
        slot.write({"pid": os.getpid(), OWNS_DATABASE: owns_database})
        with interrupted_once():
            try:
                _run(settings, project)
            except KeyboardInterrupt:
                print("\nStopping...", flush=True)
            finally:
                ignore_stop_signals()
                _stop(settings, stop_database=owns_database)
                slot.state_path.unlink()
    return EXIT_STOPPED


def up_slot(settings: Settings) -> Slot:
    """The place of the one `evalflows up` of this home."""
    return Slot(server_folder(settings), "up")


def _run(settings: Settings, project: Path) -> None:
    elsewhere = api_url_from_prefect()
    asyncio.run(prepare_database(settings))
    stop_worker(settings)  # one that lost its `up` to a SIGKILL
    with local_stack(settings):
        notes = apply(project, settings=settings)
        mark_lost_runs(settings)
        server = ensure_server(settings)
        stack = Stack(settings, project, server, start_worker(settings, server.api_url, project))
        _say_ready(settings, server, elsewhere, notes)
        stack.watch()


def _stop(settings: Settings, *, stop_database: bool) -> None:
    stop_worker(settings)
    stop_server(settings)
    if stop_database:
        stop_embedded(settings)
    print("Stopped.", flush=True)


def _say_ready(settings: Settings, server: LocalServer, elsewhere: str | None, notes: Sequence[str]) -> None:
    database = "embedded" if settings.database_url is None else "the one of EVALFLOWS_DATABASE_URL"
    lines = {
        "Prefect UI": server.ui_url,
        "Prefect API": server.api_url,
        "Database": f"{database} (`evalflows db url` prints its address)",
        "Worker": f"work pool {WORK_POOL!r}, log {str(server_folder(settings) / 'worker.log')!r}",
    }
    print(*(f"{name + ':':<13}{value}" for name, value in lines.items()), sep="\n")
    if elsewhere is not None and elsewhere != server.api_url:
        print(f"Note: Prefect's own settings name {elsewhere!r}; `evalflows run` uses that API, not this one.")
    print(*notes, "Ctrl-C stops everything.", sep="\n", flush=True)


def _say_already_up(settings: Settings, slot: Slot) -> None:
    server = server_status(settings)
    where = f" at {server.ui_url}" if server else ""
    pid = (slot.read() or {}).get("pid")
    print(f"evalflows is already up{where} (process {pid}); `evalflows down` stops it.", flush=True)
