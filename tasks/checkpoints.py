"""What a run of `predict-checkpoints` works on: a training's folder, its job, who answers, and what came of it."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from pydantic import Field

from settings import get_settings
from storage.queries.jobs import acting_as, find_job
from storage.records import Record
from storage.records.prediction import DEFAULT_VARIANT
from tasks.errors import RunRefused
from tasks.predictions.checkpoints.backend import Backend, LocalBackend, ServerBackend
from tasks.predictions.checkpoints.bases import folders_of, tokenizer_folder
from tasks.predictions.checkpoints.find import Checkpoint, Unusable, find_checkpoints
from tasks.predictions.checkpoints.watch import Watch
from tasks.predictions.config.cost import time_line
from tasks.predictions.job import JobSetup
from tasks.run import OpenRun, shielded


class Training(Record):
    """What the user says of a training and of who is to answer; see the flow for its fields."""

    folder: str
    base: str = ""
    device: str = "auto"
    server: str = ""
    server_model: str = "checkpoint-{step}"
    variant: str = Field(default=DEFAULT_VARIANT, min_length=1)
    follow: bool = False
    follow_idle_seconds: int = 600


@dataclass
class Predicting:
    """What the tasks of one run share in this process; reached by `predicting(run_id)`, never passed to a task.

    Attributes:
        run: The run.
        training: What the user named.
        setup: The job, its samples and settings.
        backend: Who answers.
        watch: The folder.
        found: The checkpoints given out, by step.
        failures: Why a checkpoint could not be predicted, by step.
        settled: Rows each checkpoint has got, answered before or not, by step.
        new_rows: Rows this process has added.
        timing: How long one checkpoint takes, and all of them; empty until one was predicted whole.
    """

    run: OpenRun
    training: Training
    setup: JobSetup
    backend: Backend
    watch: Watch
    found: dict[int, Checkpoint] = field(default_factory=dict[int, Checkpoint])
    failures: dict[int, str] = field(default_factory=dict[int, str])
    settled: dict[int, int] = field(default_factory=dict[int, int])
    new_rows: int = 0
    timing: str = ""

    @property
    def rows_each(self) -> int:
        """Rows of one checkpoint."""
        return len(self.setup.samples) * self.setup.config.repeats

    def tell_time(self, seconds: float) -> None:
        """Take down how long the first checkpoint took that was predicted whole."""
        if not self.timing:
            self.timing = time_line(seconds, None if self.training.follow else self.watch.known)

    def show_progress(self) -> None:
        """Let the run's progress say how far this is."""
        self.run.total = max(self.watch.known, len(self.watch.seen)) * self.rows_each
        self.run.done = sum(self.settled.values())
        self.run.message = self.watch.waiting or self.backend.words


RUNS: dict[UUID, Predicting] = {}


def predicting(run_id: UUID) -> Predicting:
    """What the run of this id works on in this process."""
    return RUNS[run_id]


def make_backend(training: Training) -> Backend:
    """Who answers: a server where one is named, else the weights, loaded here.

    Raises:
        RunRefused: The extra is not installed, or the device or the URL cannot be used.
    """
    if training.server:
        return ServerBackend(training.server, training.server_model, get_settings())
    return LocalBackend(training.device, training.base, keep_base=not training.follow)


def check_training(training: Training) -> None:
    """Look at what is in the folder now, before anything is started.

    Raises:
        RunRefused: There is nothing to predict, it is not clear what is, or a base or tokenizer is missing.
    """
    folder = Path(training.folder)
    found = find_checkpoints(folder)
    ambiguous = [one.why for one in found if isinstance(one, Unusable) and one.ambiguous]
    if ambiguous:
        raise RunRefused(ambiguous[0])
    if not found and not training.follow:
        what = "holds no checkpoint-* folder" if folder.is_dir() else "is not a folder"
        raise RunRefused(f"{training.folder!r} {what}: name the output_dir of a training, or wait for it with --follow")
    for one in found:
        if isinstance(one, Checkpoint) and not training.server:
            tokenizer_folder(one, folders_of(one, training.base), training.base)


@asynccontextmanager
async def open_predicting(
    run: OpenRun, training: Training, setup: JobSetup, backend: Backend
) -> AsyncGenerator[Predicting]:
    """Let the tasks of a run reach what it works on by `predicting(run_id)` while the block runs."""

    async def training_ended() -> bool:
        async with run.database.session() as session:
            await acting_as(session, setup.job.user_id)
            job = await find_job(session, setup.job.job_id)
        return job is not None and job.finished_at is not None

    idle_seconds = training.follow_idle_seconds if training.follow else None
    watch = Watch(Path(training.folder), idle_seconds, training_ended)
    try:
        with _registered(Predicting(run, training, setup, backend, watch)) as work:
            yield work
    finally:
        await shielded(backend.close)


@contextmanager
def _registered(work: Predicting) -> Generator[Predicting]:
    RUNS[work.run.id] = work
    try:
        yield work
    finally:
        del RUNS[work.run.id]
