"""Which spools are believed: signatures, hosts, damage; and that loading twice changes nothing."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from settings import Settings
from storage.database import Database
from storage.errors import JobNotFound, RowsRefused
from storage.prediction_store import PredictionStore, open_prediction_store
from storage.queries.jobs import add_token
from tasks.predictions.writing.signing import token_hash
from tasks.predictions.writing.spool import SpoolRefused, load_spool, read_spool
from tests.storage.training_rows import acting, add_job, make_prediction, make_variant
from tests.tasks.predictions.spooled import stored, write_spool

TOKEN = "the secret of the job"


@pytest.fixture
def store(settings: Settings) -> Iterator[PredictionStore]:
    opened = open_prediction_store(settings)
    yield opened
    opened.close()


@pytest.fixture
async def job_id(database: Database) -> UUID:
    """A job of ada's that has two secrets."""
    made = await add_job(database)
    for token in (TOKEN, "a later one"):
        async with acting(database) as session:
            await add_token(session, made, token_hash(token))
    return made


def edit(path: Path, number: int, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what a line says, and leave its signature."""
    lines = path.read_text().splitlines()
    line = json.loads(lines[number - 1])
    change(line["content"])
    lines[number - 1] = json.dumps(line)
    path.write_text("\n".join(lines) + "\n")


def test_a_signed_spool_is_loaded_on_another_host_and_a_second_time_changes_nothing(
    store: PredictionStore, job_id: UUID, tmp_path: Path
) -> None:
    odd = make_prediction(job_id, 10, 3, prediction="a\0\ud800\u00e9", metrics={"chrf": float("nan")})
    path = write_spool(tmp_path, [*(make_prediction(job_id, 10, n) for n in range(3)), odd], TOKEN)
    assert path.stat().st_mode & 0o777 == 0o600
    assert TOKEN not in path.read_text()
    assert token_hash(TOKEN) not in path.read_text()
    first, second = load_spool(path, store, host="another"), load_spool(path, store, host="another")
    assert (first.rows, first.new, first.is_whole, first.truncated) == (4, 4, True, False)
    assert (second.rows, second.new) == (4, 0)
    assert stored(store, job_id, [10]) == [4]


def test_changed_and_damaged_lines_are_refused_by_number_and_the_others_loaded(
    store: PredictionStore, job_id: UUID, tmp_path: Path
) -> None:
    path = write_spool(tmp_path, [make_prediction(job_id, 10, n) for n in range(6)], TOKEN)
    other = write_spool(tmp_path, [make_prediction(job_id, 10, 6)], TOKEN)
    edit(path, 3, lambda row: row.update(prediction="better"))
    lines = path.read_text().splitlines()
    lines[3] = "not JSON"
    lines[4] = other.read_text().splitlines()[1]  # signed, for another spool
    path.write_text("\n".join(lines)[:-20])  # the last line breaks off
    loaded = load_spool(path, store)
    assert [why.partition(":")[0] for why in loaded.refused] == ["line 4", "line 3", "line 5"]
    assert (loaded.rows, loaded.new, loaded.truncated) == (2, 2, True)
    assert store.answered("ada", job_id, "default", 10) == {(0, 0), (4, 0)}


async def test_a_spool_without_a_secret_is_believed_on_its_own_host_where_the_job_has_none(
    database: Database, store: PredictionStore, tmp_path: Path
) -> None:
    job_id = await add_job(database)
    path = write_spool(tmp_path, [make_prediction(job_id)])
    with pytest.raises(SpoolRefused, match=r"not signed and was written on host .*: load it there"):
        load_spool(path, store, host="another")
    assert load_spool(path, store).new == 1
    edit(path, 2, lambda row: row.update(prediction="better"))
    assert load_spool(path, store).refused == ("line 2: its signature is not of what it says: it was changed since",)


@pytest.mark.parametrize(
    ("token", "change", "why"),
    [
        (None, None, "is not signed, and job .* has a secret"),
        ("a guess", None, "was not signed with a secret of job"),
        (TOKEN, {"signed": False}, "is not signed, and job .* has a secret"),
        (TOKEN, {"host": "another"}, "or its first line was changed since"),
        (TOKEN, {"spool": 2}, "first line is no header"),
    ],
)
def test_a_spool_that_may_be_anybodys_is_refused(
    store: PredictionStore, job_id: UUID, tmp_path: Path, token: str | None, change: dict[str, Any] | None, why: str
) -> None:
    path = write_spool(tmp_path, [make_prediction(job_id)], token)
    edit(path, 1, lambda header: header.update(change or {}))
    with pytest.raises(SpoolRefused, match=why):
        load_spool(path, store)
    assert stored(store, job_id, [10]) == [0]


def test_who_loads_an_unsigned_spool_can_vouch_for_it_and_for_no_other(
    store: PredictionStore, job_id: UUID, tmp_path: Path
) -> None:
    unsigned = write_spool(tmp_path, [make_prediction(job_id)], None)
    assert load_spool(unsigned, store, host="another", unsigned=True).new == 1
    signed = write_spool(tmp_path / "signed", [make_prediction(job_id)], "a guess")
    edit(signed, 1, lambda header: header.update(signed=False))
    with pytest.raises(SpoolRefused, match="is damaged"):
        load_spool(signed, store, unsigned=True)


def test_a_spool_of_other_settings_or_of_no_job_is_refused(
    store: PredictionStore, job_id: UUID, tmp_path: Path
) -> None:
    path = write_spool(tmp_path, [make_prediction(job_id)], TOKEN)
    store.pin("ada", make_variant(job_id, prompts_hash="others"))
    with pytest.raises(SpoolRefused, match=r"other prompts or settings .* under another variant"):
        load_spool(path, store)
    unknown = write_spool(tmp_path, [make_prediction(uuid4())])
    with pytest.raises(JobNotFound, match="'ada' has no training job"):
        load_spool(unknown, store)
    with pytest.raises(SpoolRefused, match="cannot read"):
        read_spool(tmp_path / "missing")


def test_a_process_with_a_secret_that_is_not_the_jobs_pins_nothing(store: PredictionStore, job_id: UUID) -> None:
    with pytest.raises(RowsRefused, match="JOB_TOKEN is not a secret of job"):
        store.pin("ada", make_variant(job_id), token_hash("a guess"))
    assert store.pin("ada", make_variant(job_id), token_hash(TOKEN)) == make_variant(job_id)
    assert store.job("ada", job_id).name == "shop"
