"""Queries on the training tables: saving twice changes nothing, answered rows stay, pages by epoch, step and sample."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from settings import Settings
from storage.database import Database, open_database
from storage.embedded import EmbeddedServer
from storage.queries.jobs import (
    add_token,
    create_job,
    delete_job,
    find_job,
    finish_job,
    list_jobs,
    start_job,
    token_hashes,
)
from storage.queries.pairwise import PairwiseVerdict, list_verdicts, save_verdicts
from storage.queries.predictions import list_epochs, list_predictions, list_steps, predicted_keys, save_predictions
from storage.queries.variants import list_variants, pin_variant
from tests.fixtures.database import database_copy
from tests.storage.training_rows import acting, add_job, make_job, make_prediction, make_variant


@pytest.fixture(scope="module")
def settings(embedded_server: EmbeddedServer, template_database: str) -> Iterator[Settings]:
    """The process's settings, on a migrated database of this file alone."""
    with database_copy(embedded_server, template_database) as found:
        yield found


@pytest.fixture(scope="module")
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The file's database, as the role app; every test has a job of its own."""
    opened = await open_database(settings)
    yield opened
    await opened.close()


@pytest.fixture
async def job_id(database: Database) -> UUID:
    return await add_job(database)


async def test_a_job_is_made_once_started_ended_and_gone(database: Database) -> None:
    user = f"user {uuid4()}"
    jobs = [make_job(user, config={"predictions": {"sample_count": 3}, "odd": "a\0b"}) for _ in range(3)]
    for job in jobs:
        async with acting(database, user) as session:
            made = await create_job(session, job)
            assert (made.config["predictions"], made.config["odd"]) == ({"sample_count": 3}, "a\ufffdb")
            assert await create_job(session, job.model_copy(update={"name": "again"})) == made
    async with acting(database, user) as session:
        page = await list_jobs(session, limit=2)
        assert ([found.job_id for found in page.items], page.total) == ([jobs[2].job_id, jobs[1].job_id], 3)
        assert await start_job(session, jobs[0].job_id)
        assert await finish_job(session, jobs[0].job_id, 3)
        found = await find_job(session, jobs[0].job_id)
        assert found is not None
        assert (found.exit_code, found.started_at, found.finished_at is None) == (3, found.finished_at, False)
        assert await delete_job(session, jobs[0].job_id)
        assert not await delete_job(session, jobs[0].job_id)
        assert not await start_job(session, jobs[0].job_id)
    with pytest.raises(ValueError, match="is taken"):
        async with acting(database, "bob") as session:
            await create_job(session, make_job("bob", job_id=jobs[1].job_id))


async def test_a_job_has_several_tokens(database: Database, job_id: UUID) -> None:
    for token in ("old", "new", "new"):
        async with acting(database) as session:
            await add_token(session, job_id, token)
    async with acting(database) as session:
        assert await token_hashes(session, job_id) == ("new", "old")


async def test_the_first_to_pin_a_variant_wins(database: Database, job_id: UUID) -> None:
    first, other = make_variant(job_id), make_variant(job_id, settings_hash="other", settings={"seed": 1})
    hot = make_variant(job_id, variant="hot", settings_hash="hot")
    async with acting(database) as session:
        assert await pin_variant(session, first) == first
        assert await pin_variant(session, other) == first
        assert await pin_variant(session, hot) == hot
        assert await list_variants(session, job_id) == [first, hot]


async def test_rows_saved_twice_are_there_once_and_as_they_were(database: Database, job_id: UUID) -> None:
    metrics = {"chrf": 12.5, "rouge_l": None, "truth_loss": float("nan")}
    row = make_prediction(job_id, prediction="a\0b\ud800", metrics=metrics, generation={"seed": 1, "note": "\0"})
    async with acting(database) as session:
        assert await save_predictions(session, []) == 0
        assert await save_predictions(session, [row, row]) == 1
        assert await save_predictions(session, [row.model_copy(update={"prediction": "no"})]) == 0
        (found,) = (await list_predictions(session, job_id)).items
    wanted = {"prediction": "a\ufffdb\ufffd", "metrics": {**metrics, "truth_loss": None}}
    wanted |= {"generation": {"seed": 1, "note": "\ufffd"}, "created_at": found.created_at}
    assert found == row.model_copy(update=wanted)
    assert found.created_at is not None


async def test_a_failed_row_gives_way_to_an_answer_and_an_answer_to_nothing(database: Database, job_id: UUID) -> None:
    failed, answered = make_prediction(job_id, failure="too long"), make_prediction(job_id)
    async with acting(database) as session:
        assert await save_predictions(session, [failed]) == 1
        assert await predicted_keys(session, job_id, "default", 10) == set()
    async with acting(database) as session:
        assert await save_predictions(session, [failed.model_copy(update={"failure": "worse"}), answered]) == 1
        assert await save_predictions(session, [failed]) == 0
        assert await predicted_keys(session, job_id, "default", 10) == {(0, 0)}
        (found,) = (await list_predictions(session, job_id)).items
    assert (found.prediction, found.failure) == ("yes", None)


async def test_a_row_is_answered_or_failed(database: Database, job_id: UUID) -> None:
    with pytest.raises(IntegrityError, match="ck_training_predictions_answered"):
        async with acting(database) as session:
            await save_predictions(session, [make_prediction(job_id, prediction=None)])


async def test_pages_by_epoch_step_and_sample(database: Database, job_id: UUID) -> None:
    epochs = {0: 0.0, 5: 0.5, 10: 1.0000000001, 15: 1.5, 20: 2.0, 21: None}
    rows = [make_prediction(job_id, step, sample, epoch=at) for step, at in epochs.items() for sample in range(3)]
    rows[-1] = make_prediction(job_id, 21, 2, failure="too long")
    async with acting(database) as session:
        await save_predictions(session, [*rows, make_prediction(job_id, 7, variant="hot")])
        counts = [(e.epoch, e.steps, e.last_step, e.predictions, e.failed) for e in await list_epochs(session, job_id)]
        assert counts == [(0, 1, 0, 3, 0), (1, 2, 10, 6, 0), (2, 2, 20, 6, 0), (None, 1, 21, 3, 1)]
        steps = [(s.step, s.epoch, s.predictions, s.failed) for s in await list_steps(session, job_id)]
        assert steps == [(step, at, 3, int(step == 21)) for step, at in epochs.items()]
        page = await list_predictions(session, job_id, epoch=1, limit=2, offset=2)
        assert ([(r.step, r.sample_index) for r in page.items], page.total) == ([(5, 2), (10, 0)], 6)
        assert [r.step for r in (await list_predictions(session, job_id, epoch=0)).items] == [0, 0, 0]
        page = await list_predictions(session, job_id, step=20, sample_index=1)
        assert [(r.step, r.sample_index) for r in page.items] == [(20, 1)]
        page = await list_predictions(session, job_id, sample_index=2, limit=0)
        assert [r.step for r in page.items] == list(epochs)
        assert (await list_predictions(session, job_id, variant="hot")).total == 1


async def test_a_verdict_stays_and_takes_the_place_of_none(database: Database, job_id: UUID) -> None:
    none = PairwiseVerdict(job_id=job_id, step=20, previous_step=10, sample_index=0, judge="rules", reason="infra")
    better = none.model_copy(update={"verdict": "better", "first_answer": "B\0", "reason": None})
    async with acting(database) as session:
        assert await save_verdicts(session, []) == 0
        assert await save_verdicts(session, [none]) == 1
        assert await save_verdicts(session, [better]) == 1
        assert await save_verdicts(session, [none, better.model_copy(update={"verdict": "worse"})]) == 0
        (found,) = await list_verdicts(session, job_id, step=20)
        assert (found.verdict, found.first_answer) == ("better", "B\ufffd")
        assert await list_verdicts(session, job_id, step=10) == []
