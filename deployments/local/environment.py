"""The environment of the local Prefect server: nothing leaves the machine, nothing of the user's profile is touched."""

import os
from pathlib import Path

from settings import Settings

PROJECT_ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds `flows`, `tasks` and the others: what EVALFLOWS_ROOT means."""

_DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
}


def server_folder(settings: Settings) -> Path:
    """Where the local Prefect server keeps its database, log and state."""
    return settings.home.expanduser().absolute() / "prefect"


def server_environment(settings: Settings, port: int) -> dict[str, str]:
    """The environment the server is started with.

    A PREFECT_SERVER_... variable the user set stays, so that a Postgres of its own can be named; what speaks about
    another server (PREFECT_API_URL, a profile) goes.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    chosen = {name: value for name, value in os.environ.items() if name.startswith("PREFECT_SERVER_")}
    return {
        **kept,
        **_DEFAULTS,
        **chosen,
        "PREFECT_HOME": str(server_folder(settings)),
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_UI_URL": f"http://127.0.0.1:{port}",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PYTHONPATH": with_project_root(os.environ.get("PYTHONPATH")),
    }


def with_project_root(python_path: str | None) -> str:
    """PYTHONPATH on which a child finds these packages, also where they are not installed."""
    return os.pathsep.join([str(PROJECT_ROOT), *(python_path.split(os.pathsep) if python_path else [])])
