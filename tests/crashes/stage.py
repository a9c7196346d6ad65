"""Where the faults happen: a home with its own Postgres and Prefect server, a judge that counts, and runs on them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from deployments.local.server import ensure_server
from settings import Settings
from storage.database import database_url
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads
from tests.waiting import wait_until

EVALFLOWS = Path(sys.executable).parent / "evalflows"
JUDGE = "openai:anything"
THREADS, EVALUATORS, CONCURRENCY = 40, ("correctness", "efficiency"), 8
PATIENCE_SECONDS = 300.0
QUICK = {
    "EVALFLOWS_PROGRESS_SECONDS": "0.3",
    "EVALFLOWS_CALL_BACKOFF_SECONDS": "0.05",
    "EVALFLOWS_CALL_BACKOFF_MAX_SECONDS": "0.5",
    "EVALFLOWS_DATABASE_PATIENCE_SECONDS": "30",
    "EVALFLOWS_SERVER_START_SECONDS": "300",
}
HIDDEN = ("PREFECT_API_URL", "EVALFLOWS_DATABASE_URL", "EVALFLOWS_DATABASE_OWNER_URL")
BUSY = 503
LOG = "commands.log"
FINAL = ("Completed", "Failed", "Crashed", "Cancelled")

Row = dict[str, Any]


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait until the condition holds; False where it does not in time."""
    return wait_until(condition, seconds, every=0.1)


@dataclass
class Stage:
    """One home and what runs in it.

    Attributes:
        settings: Of the home.
        folder: Where the source and the commands are.
        judge: Answers every call after `latency_seconds`, and counts them.
        up: `evalflows up` with its worker; None while it is not started.
    """

    settings: Settings
    folder: Path
    judge: LocalOpenAI
    up: "subprocess.Popen[bytes] | None" = field(default=None)

    @cached_property
    def source(self) -> Path:
        """The threads every run evaluates."""
        return write_threads(self.folder / "threads.csv", THREADS)

    @property
    def environment(self) -> dict[str, str]:
        """What the commands see: this home, this judge, short pauses."""
        kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
        judge = {"OPENAI_BASE_URL": self.judge.root_url, "OPENAI_API_KEY": "none"}
        return {**kept, **QUICK, **judge, "EVALFLOWS_HOME": str(self.settings.home)}

    @property
    def api_url(self) -> str:
        """The Prefect API of this home; its server is started where it is not there."""
        return ensure_server(self.settings).api_url

    @property
    def parameters(self) -> dict[str, Any]:
        """Of every run that a worker takes."""
        judged = {"judge": JUDGE, "evaluators": list(EVALUATORS), "concurrency": CONCURRENCY}
        return {"source": str(self.source), **judged}

    def command(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start `evalflows` in a process group of its own."""
        with (self.folder / LOG).open("a") as log:
            return subprocess.Popen(
                [EVALFLOWS, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,
            )

    def run_process(self, run_id: str = "") -> "subprocess.Popen[str]":
        """A new run in a process of its own, or one that goes on."""
        if run_id:
            return self.command("run", "evaluate-threads", "--resume", run_id, "--json")
        judged = ["--judge", JUDGE, "--evaluators", *EVALUATORS, "--concurrency", str(CONCURRENCY)]
        return self.command("run", "evaluate-threads", "--source", str(self.source), *judged, "--json")

    def rows(self, statement: str, *values: object) -> list[Row]:
        """Rows as the read role sees them; the server is started where it is not there, and waited for."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with psycopg.connect(database_url(self.settings, "read")) as connection:
                    return connection.cursor(row_factory=dict_row).execute(statement.encode(), values).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def run_of(self, run_id: str) -> Row:
        """The row of a run."""
        (found,) = self.rows("SELECT * FROM eval_runs WHERE id = %s", run_id)
        return found

    def status_of(self, run_id: str) -> str | None:
        """What the row of a run says; None where there is none yet."""
        found = self.rows("SELECT status FROM eval_runs WHERE id = %s", run_id)
        return found[0]["status"] if found else None

    def state_of(self, run_id: str) -> str:
        """What Prefect says of a run; empty while its server is too busy to say."""
        answer = httpx.get(f"{self.api_url}/flow_runs/{run_id}", timeout=60)
        return answer.json()["state"]["name"] if answer.is_success else ""

    def post(self, path: str, body: Row) -> Row:
        """What the Prefect API answers, once it takes the request."""
        for _ in range(20):
            answer = httpx.post(f"{self.api_url}{path}", json=body, timeout=60)
            if answer.status_code != BUSY:
                return answer.raise_for_status().json()
            time.sleep(0.2)
        raise TimeoutError(path)

    def queue(self) -> str:
        """A new run for the worker, as the UI makes it; returns its id."""
        found = httpx.get(f"{self.api_url}/deployments/name/evaluate-threads/evaluate-threads", timeout=60)
        deployment = found.raise_for_status().json()["id"]
        return self.post(f"/deployments/{deployment}/create_flow_run", {"parameters": self.parameters})["id"]

    def set_state(self, run_id: str, kind: str, name: str) -> None:
        """Set a state as the UI's buttons do."""
        answer = self.post(f"/flow_runs/{run_id}/set_state", {"state": {"type": kind, "name": name}})
        assert answer["status"] == "ACCEPT", answer

    def retry(self, run_id: str) -> None:
        """Press Retry."""
        self.set_state(run_id, "SCHEDULED", "AwaitingRetry")

    def cancel(self, run_id: str) -> None:
        """Press Cancel."""
        self.set_state(run_id, "CANCELLING", "Cancelling")


def outcome_of(process: "subprocess.Popen[str]") -> Row:
    """Wait for a run's process; the object it printed last, with its exit `code`."""
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    lines: Sequence[str] = printed.strip().splitlines()
    return {**(json.loads(lines[-1]) if lines else {}), "code": process.returncode}
