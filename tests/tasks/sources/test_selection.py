"""Which threads are taken."""

import random
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from tasks.sources.base import Selection
from tests.tasks.sources.conftest import Loader

HEADER = "thread_id,role,text,timestamp\n"
LINES = [f"t{number},user,text {number},2024-01-{1 + number % 28:02}\n" for number in range(60)]


def test_threads_are_taken_by_id_in_file_order(load: Loader) -> None:
    path = load.write("a.csv", HEADER + "".join(LINES))
    loaded = load.read(path, thread_ids=("t40", "t3", "absent"))
    assert loaded.ids == ["t3", "t40"]
    assert (loaded.report.threads, loaded.report.messages) == (2, 2)


def test_a_limit_takes_the_first(load: Loader) -> None:
    assert load.read(load.write("a.csv", HEADER + "".join(LINES)), limit=3).ids == ["t0", "t1", "t2"]


def test_a_sample_is_the_same_whatever_the_order_of_the_file(load: Loader) -> None:
    mixed = random.Random(3).sample(LINES, len(LINES))
    one = load.read(load.write("a.csv", HEADER + "".join(LINES)), sample=10, seed=5)
    other = load.read(load.write("b.csv", HEADER + "".join(mixed)), sample=10, seed=5)
    assert len(one.ids) == 10
    assert set(one.ids) == set(other.ids)
    assert one.ids == sorted(one.ids, key=lambda name: int(name[1:]))


def test_a_sample_grows_by_adding_and_changes_with_the_seed(load: Loader) -> None:
    path = load.write("a.csv", HEADER + "".join(LINES))
    ten, twenty = load.read(path, sample=10).ids, load.read(path, sample=20).ids
    assert set(ten) < set(twenty)
    assert set(load.read(path, sample=10, seed=1).ids) != set(ten)
    assert load.read(path, sample=1000).ids == load.read(path).ids


def test_since_takes_threads_by_their_last_message_and_counts_those_without_a_time(load: Loader) -> None:
    path = load.write(
        "a.csv",
        HEADER
        + "old,user,a,2024-01-01\nlong,user,a,2024-01-01\nlong,bot,b,2024-02-01\nnew,user,a,2024-02-02\nnone,user,a,\n",
    )
    loaded = load.read(path, since=datetime(2024, 2, 1, tzinfo=UTC))
    assert loaded.ids == ["long", "new"]
    assert loaded.report.without_time == 1


def test_all_conditions_hold_together(load: Loader) -> None:
    path = load.write("a.csv", HEADER + "".join(LINES))
    since = datetime(2024, 1, 10, tzinfo=UTC)
    wanted = tuple(f"t{number}" for number in range(0, 60, 2))
    ids = load.read(path, thread_ids=wanted, since=since, sample=8, limit=5).ids
    assert ids == load.read(path, thread_ids=wanted, since=since, sample=8).ids[:5]
    assert all(int(name[1:]) % 2 == 0 and int(name[1:]) % 28 >= 9 for name in ids)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        Selection(since=datetime(2024, 1, 1))  # noqa: DTZ001
