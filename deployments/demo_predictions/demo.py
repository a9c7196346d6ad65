"""`evalflows demo predictions`: a tiny model is made, fine-tuned under a job, and what it said is shown."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import orjson

from deployments.cli.jobs.execute import train
from deployments.cli.predictions.export import write_report
from deployments.cli.session import with_database
from deployments.demo import say, stop_afterwards
from deployments.demo_predictions.showing import open_page, print_epochs, print_one_sample
from settings import get_prediction_settings, get_settings
from storage.database import Database
from storage.records.prediction import DEFAULT_VARIANT, Prediction, TrainingJob
from tasks.errors import RunFailed
from tasks.jobs import check_job, store_job
from tasks.reports.predictions.summary import TrainingSummary
from tasks.training_steps import read_steps, require_job, summarise_job

SAMPLES = Path(__file__).parents[2] / "tasks" / "predictions" / "sample_data"
REPORT = Path("reports") / "predictions.html"
USER = "demo"
BASE_EPOCHS = 24
ENVIRONMENT = {
    "PYTHONWARNINGS": "ignore",  # what the libraries say about each other
    "PREDICTIONS_AVG_TOKENS": "40",  # for the cost estimate: these questions and answers are short
}


def run_demo(epochs: int, base_epochs: int = BASE_EPOCHS) -> int:
    """Train, watch, show; returns the exit code.

    Args:
        epochs: Of the fine-tune.
        base_epochs: Of the base model before it.
    """
    settings, began = get_settings(), monotonic()
    folder = settings.home / "demo-predictions"
    base, checkpoints = folder / "base", folder / "checkpoints"
    shutil.rmtree(folder, ignore_errors=True)
    with ExitStack() as stack:
        stop_afterwards(settings, stack)
        stack.enter_context(environment(ENVIRONMENT))
        say("1. A language model of half a million weights is made, and learns 400 plain answers: about 30 s.")
        run_module("base", str(SAMPLES / "plain_answers.jsonl"), str(base), str(base_epochs))
        say("2. A training job: 50 questions to a shop, answered before the training and after each epoch of it.")
        job = make_job(epochs)
        say("3. LoRA, by transformers' Trainer and peft; one line of it is ours: callbacks=[PredictionsCallback()].")
        arguments = ("--base", str(base), "--data", job.data, "--output", str(checkpoints), "--epochs", str(epochs))
        fine_tune(job, arguments)
        summary, rows = with_database(lambda database: read_training(database, job.job_id))
        say("4. How it learned the 50 answers: the mean, and its 95 % interval.")
        print_epochs(summary)
        say("5. One of them, each time that it changed:")
        print_one_sample(rows)
        with_database(lambda database: write_report(database, USER, job.job_id, DEFAULT_VARIANT, REPORT))
    print_ending(job.job_id, checkpoints, monotonic() - began)
    return 0


@contextmanager
def environment(variables: Mapping[str, str]) -> Generator[None]:
    """In the block, variables that are not set have these values, for us and the processes we start."""
    added = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(added)
    get_prediction_settings.cache_clear()
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
        get_prediction_settings.cache_clear()


def run_module(name: str, *arguments: str) -> None:
    """Run a module of this folder in a process of its own.

    Raises:
        RunFailed: It did not end well.
    """
    if code := subprocess.call(command_of(name, *arguments)):
        raise RunFailed(f"{name} of the demo ended with exit code {code}; what it said stands above")


def command_of(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of this folder."""
    return [sys.executable, "-m", f"deployments.demo_predictions.{name}", *arguments]


def make_job(epochs: int) -> TrainingJob:
    """What `evalflows jobs create` does."""
    data = from_here(SAMPLES / "shop_answers.jsonl")
    config: dict[str, Any] = {
        "predictions": {"sample_count": 50, "sample_frequency": "epoch", "max_new_tokens": 48, "batch_size": 50},
        "training": {"epochs": epochs},
    }
    echo("jobs", "create", "--user", USER, "--name", "shop answers", "--data", data, "--config", json_of(config))
    checked = check_job(USER, "shop answers", data, config)
    print("\n".join(checked.lines()))
    return with_database(lambda database: store_job(database, checked.job))


def from_here(path: Path) -> str:
    """The path as short as it can be written where we are."""
    return min(str(path), os.path.relpath(path), key=len)


def fine_tune(job: TrainingJob, arguments: Sequence[str]) -> None:
    """What `evalflows jobs exec` does.

    Raises:
        RunFailed: The training did not end well.
    """
    command = command_of("train", *arguments)
    echo("jobs", "exec", str(job.job_id), "--user", USER, "--", *["python", *command[1:]])
    if code := train(USER, job.job_id, command):
        raise RunFailed(f"the training ended with exit code {code}; what it said stands above")


async def read_training(database: Database, job_id: UUID) -> tuple[TrainingSummary, list[Prediction]]:
    """The figures of a training of the demo, and all that was said in it, by step."""
    summary = await summarise_job(database, USER, job_id)
    async with database.session() as session:
        await require_job(session, USER, job_id)
        return summary, [row async for rows in read_steps(session, job_id) for row in rows]


def print_ending(job_id: UUID, checkpoints: Path, seconds: float) -> None:
    """The page, how to look further, and how long it took."""
    how = "is open in your browser" if open_page(REPORT) else "shows every sample at every epoch: open it in a browser"
    say(f"{REPORT} {how}. Look further:")
    for words in (("compare",), ("compare", "--sample", "3"), ("show", "--epoch", "2")):
        echo("predictions", words[0], str(job_id), "--user", USER, *words[1:])
    again = ("--folder", str(checkpoints), "--job", str(job_id), "--user", USER, "--variant", "afterwards")
    echo("run", "predict-checkpoints", *again)
    echo("jobs", "delete", str(job_id), "--user", USER)
    print(f"\n{seconds:.0f} s in all. The training script, to read: deployments/demo_predictions/train.py")


def echo(*words: str) -> None:
    """A command, as the user would type it."""
    print(f"  $ evalflows {shlex.join(words)}", flush=True)


def json_of(config: Mapping[str, Any]) -> str:
    """The configuration as an option takes it."""
    return orjson.dumps(config).decode()
