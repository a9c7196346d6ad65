"""Predictions in training and a real Postgres: killed and resumed, and a database that goes away meanwhile."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import torch
from transformers import TrainerCallback

from settings import Settings, get_prediction_settings, get_settings
from storage.database import open_database
from storage.embedded import start_embedded, stop_embedded
from storage.queries.jobs import acting_as, create_job
from storage.queries.predictions import list_predictions
from storage.records.prediction import Prediction, TrainingJob
from tasks.predictions.callback import PredictionsCallback
from tasks.predictions.writing.spool import read_spool
from tests.fixtures.database import new_home, remove_home
from tests.tasks.predictions.training import CONFIG, SAMPLES, make_model, resumable, train, write_data

USER = "ada"
EVERY_TWO: dict[str, Any] = {"predictions": {**CONFIG["predictions"], "sample_frequency": "steps", "step_interval": 2}}

pytestmark = pytest.mark.filterwarnings("ignore")  # of trl, peft and accelerate among each other


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A training host as `evalflows jobs exec` makes it, with a spool of its own."""
    monkeypatch.setenv("PREDICTIONS_MIN_STEP_INTERVAL", "2")
    monkeypatch.setenv("PREDICTIONS_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setenv("JOB_ID", str(uuid4()))
    monkeypatch.setenv("JOB_USER_ID", USER)
    get_prediction_settings.cache_clear()
    yield
    get_prediction_settings.cache_clear()


async def make_job(settings: Settings, folder: Path) -> UUID:
    """The job of the environment."""
    job = TrainingJob(
        job_id=UUID(os.environ["JOB_ID"]), user_id=USER, name="tiny", data=str(write_data(folder)), config=EVERY_TWO
    )
    database = await open_database(settings)
    async with database.transaction() as session:
        await acting_as(session, USER)
        await create_job(session, job)
    await database.close()
    return job.job_id


async def rows_of(settings: Settings, job_id: UUID) -> list[Prediction]:
    """All rows of a job, by step and sample."""
    database = await open_database(settings)
    async with database.session() as session:
        await acting_as(session, USER)
        found = await list_predictions(session, job_id, limit=0)
    await database.close()
    return list(found.items)


def keys(rows: list[Prediction]) -> list[tuple[int, int]]:
    return [(row.step, row.sample_index) for row in rows]


async def test_a_training_that_was_killed_in_a_pass_is_resumed_without_a_row_twice_or_missing(
    settings: Settings, tmp_path: Path
) -> None:
    job_id = await make_job(settings, tmp_path)
    command = [sys.executable, "-W", "ignore", "-m", "tests.tasks.predictions.training", str(tmp_path), "8"]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    before = await rows_of(settings, job_id)
    assert {row.step for row in before} <= {0, 2, 4, 6}
    assert (tmp_path / "out/checkpoint-6").is_dir()
    (tmp_path / "out/checkpoint-6").rename(tmp_path / "lost")  # so that steps after the checkpoint have rows
    resumable(tmp_path, [PredictionsCallback()], resume=True)
    after = await rows_of(settings, job_id)
    assert keys(after) == [(step, sample) for step in (0, 2, 4, 6, 8, 9) for sample in range(SAMPLES)]
    assert [row for row in before if row not in after] == []
    assert {row.failure for row in after} == {None}
    assert not list((tmp_path / "spool").iterdir())


class WithoutDatabase(TrainerCallback):
    """Stops Postgres after one step, and starts it again after another."""

    def __init__(self, stop: int, start: int) -> None:
        self._do = {stop: stop_embedded, start: start_embedded}

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step in self._do:
            self._do[state.global_step](get_settings())


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A server that may be stopped, as that of the process."""
    home = new_home()
    monkeypatch.setenv("EVALFLOWS_HOME", str(home))
    monkeypatch.delenv("EVALFLOWS_DATABASE_URL", raising=False)
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()
    remove_home(home)


async def test_a_training_does_not_notice_that_postgres_stops_and_its_rows_arrive_later(
    own_server: Settings, tmp_path: Path
) -> None:
    job_id = await make_job(own_server, tmp_path)
    gone = WithoutDatabase(stop=3, start=100)
    trained = train(tmp_path, make_model(tmp_path), [PredictionsCallback(), gone])
    alone = train(tmp_path, make_model(tmp_path), [])
    weights = trained.model.state_dict()
    assert all(torch.equal(each, weights[name]) for name, each in alone.model.state_dict().items())
    (spool,) = (tmp_path / "spool").iterdir()
    waiting = [Prediction.model_validate(line.content).metrics for line in read_spool(spool).lines.values()]
    start_embedded(own_server)
    assert {row.step for row in await rows_of(own_server, job_id)} <= {0, 2}
    again = WithoutDatabase(stop=1, start=5)  # what it finds stored or spooled is not predicted again
    train(tmp_path, make_model(tmp_path), [again, PredictionsCallback()], num_train_epochs=3)
    rows = await rows_of(own_server, job_id)
    assert keys(rows) == [(step, sample) for step in (0, 2, 4, 6, 8, 9) for sample in range(SAMPLES)]
    assert [figures for figures in waiting if figures not in [row.metrics for row in rows]] == []
    assert not list((tmp_path / "spool").iterdir())
