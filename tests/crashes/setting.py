"""Set the stage and clear it away: a home, a judge, `evalflows up` where a worker is wanted."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

from deployments.local.down import down
from settings import Settings
from storage.embedded.places import find_place
from tests.crashes.faults.disk_full import unmount
from tests.crashes.stage import EVALFLOWS, PATIENCE_SECONDS, Stage, wait_for
from tests.servers.local_openai import LocalOpenAI


@contextmanager
def set_stage(latency_seconds: float = 0.15) -> Generator[Stage]:
    """A stage of its own, removed at the end with all that runs on it."""
    home = Path(tempfile.mkdtemp(prefix="evalflows-crashes-"))
    home.chmod(0o711)  # the system user who runs Postgres for root has to pass
    judge = LocalOpenAI(latency_seconds=latency_seconds)
    judge.start()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Settings(home=home, server_start_seconds=PATIENCE_SECONDS), Path(folder), judge)
        try:
            yield stage
        finally:
            if stage.up is not None:
                stage.up.send_signal(signal.SIGINT)
                stage.up.wait(PATIENCE_SECONDS)
            down(stage.settings)
            unmount(stage)
            judge.stop()
            shutil.rmtree(find_place(home).folder, ignore_errors=True)
            shutil.rmtree(home, ignore_errors=True)


def start_up(stage: Stage) -> None:
    """Start `evalflows up` on the stage, unless it is there."""
    if stage.up is not None:
        return
    log = stage.folder / "up.log"
    with log.open("wb") as printed:
        stage.up = subprocess.Popen(
            [EVALFLOWS, "up"],
            cwd=stage.folder,
            env=stage.environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    assert wait_for(lambda: "Ctrl-C stops everything" in log.read_text()), log.read_text()


def runs_of_worker(pid: int) -> list[psutil.Process]:
    """The processes of the runs that a worker has in hand."""
    return [child for child in psutil.Process(pid).children() if child.status() != psutil.STATUS_ZOMBIE]
