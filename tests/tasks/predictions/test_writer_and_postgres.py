"""The background writer and a real Postgres that is slow, stopped, back again, or does not take a row."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from settings import Settings
from storage.database import Database, database_url, open_database
from storage.embedded import start_embedded, stop_embedded
from storage.prediction_store import PredictionStore, open_prediction_store
from storage.queries.predictions import list_predictions
from tasks.predictions.writing.spool import load_spool, read_spool
from tasks.predictions.writing.writer import PredictionWriter
from tests.fixtures.database import new_home, remove_home
from tests.storage.training_rows import acting, add_job, make_prediction, make_variant
from tests.tasks.predictions.spooled import eventually, stored

ROOT = Path(__file__).parents[3]
TRAINING = """
import sys, time
from pathlib import Path
from uuid import UUID
from settings import get_settings
from storage.prediction_store import open_prediction_store
from tasks.predictions.writing.writer import PredictionWriter
from tests.storage.training_rows import make_prediction, make_variant
job_id, folder = UUID(sys.argv[1]), Path(sys.argv[2])
writer = PredictionWriter(open_prediction_store(), "ada", make_variant(job_id), folder)
for step in (10, 20):
    writer.put([make_prediction(job_id, step, sample) for sample in range(3)])
print("put", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home whose server these tests may stop."""
    folder = new_home()
    yield folder
    remove_home(folder)


@pytest.fixture(scope="module")
async def own_database(home: Path) -> AsyncIterator[Database]:
    opened = await open_database(Settings(home=home))
    yield opened
    await opened.close()


@pytest.fixture
async def job_id(own_database: Database, home: Path) -> AsyncIterator[UUID]:
    """A job of ada's; the server runs when a test begins and when it has ended."""
    yield await add_job(own_database)
    await asyncio.to_thread(start_embedded, Settings(home=home))


@pytest.fixture
def store(home: Path) -> Iterator[PredictionStore]:
    opened = open_prediction_store(Settings(home=home))
    yield opened
    opened.close()


async def test_rows_put_while_postgres_is_stopped_are_on_disk_and_arrive_when_it_is_back(
    store: PredictionStore, job_id: UUID, home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = PredictionWriter(store, "ada", make_variant(job_id), tmp_path)
    writer.put([make_prediction(job_id, 10, sample) for sample in range(3)])
    await eventually(lambda: stored(store, job_id, [10]) == [3])
    await asyncio.to_thread(stop_embedded, Settings(home=home))
    for step in (20, 30):
        writer.put([make_prediction(job_id, step, sample) for sample in range(3)])
    await eventually(lambda: "until Postgres is back" in caplog.text)
    assert [line.content["step"] for line in read_spool(writer.spool_path).lines.values()] == [20] * 3 + [30] * 3
    await asyncio.to_thread(start_embedded, Settings(home=home))
    await eventually(lambda: stored(store, job_id, [10, 20, 30]) == [3, 3, 3])
    await asyncio.to_thread(writer.close)
    assert list(tmp_path.iterdir()) == []


async def test_what_is_left_when_training_ends_without_postgres_is_told_and_loaded(
    store: PredictionStore, job_id: UUID, home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert stored(store, job_id, [10]) == [0]  # a store that was never connected would start the server
    await asyncio.to_thread(stop_embedded, Settings(home=home))
    writer = PredictionWriter(store, "ada", make_variant(job_id), tmp_path)
    writer.put([make_prediction(job_id)])
    await asyncio.to_thread(writer.close)
    assert f"1 predictions are not in Postgres; they are in {writer.spool_path}" in caplog.text
    assert f"evalflows predictions load {writer.spool_path}" in caplog.text
    await asyncio.to_thread(start_embedded, Settings(home=home))
    assert load_spool(writer.spool_path, store).new == 1


async def test_training_does_not_wait_for_a_slow_postgres_and_memory_does_not_fill(
    store: PredictionStore, job_id: UUID, home: Path, tmp_path: Path
) -> None:
    writer = PredictionWriter(store, "ada", make_variant(job_id), tmp_path)
    with psycopg.connect(database_url(Settings(home=home), "owner")) as slow:
        slow.execute("LOCK TABLE training_predictions")
        for step in range(1, 6):
            writer.put([make_prediction(job_id, step, sample) for sample in range(100)])
        assert len(read_spool(writer.spool_path).lines) == 500
    await asyncio.to_thread(writer.close)
    assert stored(store, job_id, range(1, 6)) == [100] * 5
    assert list(tmp_path.iterdir()) == []


async def test_what_a_killed_training_left_arrives_with_the_next_one_and_once(
    store: PredictionStore, job_id: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALFLOWS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-c", TRAINING, str(job_id), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as training:
        assert training.stdout is not None
        assert await asyncio.to_thread(training.stdout.readline) == "put\n"
        training.kill()
    (left,) = tmp_path.iterdir()
    assert len(read_spool(left).lines) == 6
    resumed = PredictionWriter(store, "ada", make_variant(job_id), tmp_path)
    resumed.put([make_prediction(job_id, step, sample) for step in (20, 30) for sample in range(3)])
    await asyncio.to_thread(resumed.close)
    assert stored(store, job_id, [10, 20, 30]) == [3, 3, 3]
    assert list(tmp_path.iterdir()) == []


async def test_a_row_that_postgres_refuses_is_kept_and_told_and_the_others_arrive(
    store: PredictionStore, job_id: UUID, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = PredictionWriter(store, "ada", make_variant(job_id), tmp_path)
    neither = make_prediction(job_id, 10, 1, prediction=None)
    writer.put([make_prediction(job_id, 10, 0), neither, make_prediction(job_id, 10, 2, prompt="\0", seed=3)])
    await asyncio.to_thread(writer.close)
    assert store.answered("ada", job_id, "default", 10) == {(0, 0), (2, 0)}
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "sample 1 at step 10" in told.message
    assert "ck_training_predictions_answered" in told.message
    (kept,) = tmp_path.iterdir()
    assert kept.name in told.message
    (why,) = load_spool(kept, store).refused
    assert "line 2: Postgres refused it" in why
    PredictionWriter(store, "ada", make_variant(job_id), tmp_path).close()
    assert list(tmp_path.iterdir()) == [kept]


async def test_rows_made_with_other_settings_than_their_variant_holds_are_kept_out(
    store: PredictionStore, job_id: UUID, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.pin("ada", make_variant(job_id))
    writer = PredictionWriter(store, "ada", make_variant(job_id, settings_hash="hotter"), tmp_path)
    writer.put([make_prediction(job_id)])
    await asyncio.to_thread(writer.close)
    assert "pinned to other prompts or settings" in caplog.text
    assert stored(store, job_id, [10]) == [0]
    assert len(read_spool(writer.spool_path).lines) == 1


async def test_where_the_disk_takes_nothing_rows_go_to_postgres_from_memory(
    store: PredictionStore, job_id: UUID, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    writer = PredictionWriter(store, "ada", make_variant(job_id), tmp_path / "file" / "spool", queue_rows=2)
    writer.put([make_prediction(job_id, 10, sample) for sample in range(3)])
    await asyncio.to_thread(writer.close)
    assert "2 predictions wait in memory, 1 are lost" in caplog.text
    assert stored(store, job_id, [10]) == [2]


async def test_a_row_keeps_the_time_it_was_made_at(
    own_database: Database, store: PredictionStore, job_id: UUID, tmp_path: Path
) -> None:
    writer = PredictionWriter(None, "ada", make_variant(job_id), tmp_path)
    writer.put([make_prediction(job_id)])
    writer.close()
    load_spool(writer.spool_path, store)
    async with acting(own_database) as session:
        (row,) = (await list_predictions(session, job_id)).items
    (line,) = read_spool(writer.spool_path).lines.values()
    assert row.created_at is not None
    assert row.created_at.isoformat().replace("+00:00", "Z") == line.content["created_at"]
