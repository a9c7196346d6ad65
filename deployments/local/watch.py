"""While `evalflows up` runs: what ends by itself is started again, and what was lost is marked."""

import asyncio
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from deployments.local.server import LocalServer, LocalServerError, ensure_server
from deployments.local.worker import start_worker, stop_worker
from settings import Settings
from storage.embedded import start_embedded
from storage.errors import DatabaseError

WATCH_SECONDS = 1.0


@dataclass
class Stack:
    """What `evalflows up` has started."""

    settings: Settings
    project: Path
    server: LocalServer
    worker: subprocess.Popen[bytes]
    database_pid: int | None = None

    def watch(self) -> NoReturn:
        """Start again what ends; what cannot be started is told once and tried again."""
        told = ""
        while True:
            time.sleep(WATCH_SECONDS)
            try:
                self.tend()
                told = ""
            except (DatabaseError, LocalServerError) as error:
                if str(error) != told:
                    told = str(error)
                    print(f"{told}; trying again.", flush=True)

    def tend(self) -> None:
        """Look at database, server and worker once. Looking uses the server, so that it never finds itself idle."""
        self._tend_database()
        before, self.server = self.server, ensure_server(self.settings)
        if self.server.pid != before.pid:
            print(f"The Prefect server had ended and was started again: {self.server.ui_url}", flush=True)
        if self.worker.poll() is not None or self.server.port != before.port:
            print("The worker is started again.", flush=True)
            stop_worker(self.settings)
            self.worker = start_worker(self.settings, self.server.api_url, self.project)
            mark_lost_runs(self.settings)

    def _tend_database(self) -> None:
        """See that the embedded Postgres runs; a run that missed it may have started it again before."""
        if self.settings.database_url is not None:
            return
        pid = start_embedded(self.settings).pid
        if self.database_pid not in (None, pid):
            print("The database had ended and was started again.", flush=True)
        self.database_pid = pid


def mark_lost_runs(settings: Settings) -> None:
    """Set the runs whose process is gone to crashed, here and in Prefect."""
    from deployments.lost_runs import mark_lost
    from storage.database import open_database

    async def mark() -> None:
        database = await open_database(settings)
        try:
            await mark_lost(database)
        finally:
            await database.close()

    asyncio.run(mark())
