"""`evalflows down`: stop whatever runs under this home."""

from collections.abc import Callable

from deployments.local.server import stop_server
from deployments.local.up import up_slot
from deployments.local.worker import stop_worker
from settings import Settings
from storage.embedded import stop_embedded

UP_STOP_SECONDS = 60.0
"""How long `evalflows up` may take to stop its runs, worker, server and database."""


def down(settings: Settings) -> bool:
    """Stop `evalflows up`, the worker, the Prefect server and the database of this home, and say which of them ran.

    Safe to do again. Returns False when nothing ran.
    """
    steps: dict[str, Callable[[], bool]] = {
        "evalflows up": lambda: up_slot(settings).stop(grace_seconds=UP_STOP_SECONDS),
        "worker": lambda: stop_worker(settings),
        "Prefect server": lambda: stop_server(settings),
        "database": lambda: stop_embedded(settings),
    }
    stopped = [name for name, stop in steps.items() if stop()]
    up_slot(settings).state_path.unlink(missing_ok=True)
    if stopped:
        print(f"Stopped: {', '.join(stopped)}.")
    else:
        print(f"Nothing ran under {str(settings.home)!r}.")
    return bool(stopped)
