"""A home of its own for a benchmark: database and Prefect server, stopped and removed at the end."""

import csv
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from deployments.local.server import stop_server
from settings import Settings, get_settings
from storage.embedded import stop_embedded


@contextmanager
def workplace() -> Generator[Settings]:
    """A fresh EVALFLOWS_HOME for this process and its children."""
    home = Path(tempfile.mkdtemp(prefix="evalflows-bench-"))
    home.chmod(0o711)
    os.environ["EVALFLOWS_HOME"] = str(home)
    os.environ["PREFECT_SERVER_EPHEMERAL_ENABLED"] = "false"
    for name in ("PREFECT_API_URL", "EVALFLOWS_DATABASE_URL"):
        os.environ.pop(name, None)
    get_settings.cache_clear()
    settings = get_settings()
    try:
        yield settings
    finally:
        stop_server(settings)
        stop_embedded(settings)
        shutil.rmtree(home, ignore_errors=True)


def write_source(path: Path, threads: int, turns: int = 3) -> None:
    """Threads of a few turns each, one row per turn."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("thread_id", "user_id", "timestamp", "query_text", "final_response_message"))
        for thread in range(threads):
            for turn in range(turns):
                asked = f"Where is parcel {thread}-{turn}? It should have been here on Friday, as your mail said."
                told = f"Parcel {thread}-{turn} left the depot this morning and arrives on Monday before noon."
                table.writerow((f"t{thread}", f"u{thread % 97}", f"2026-03-01T10:{turn:02d}:00Z", asked, told))
