"""Which earlier night a suite is compared with."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from storage.records import Run
from storage.records.night import EarlierRun
from tasks.nightly.baseline import choose_baseline

NOW = Run(
    id=uuid4(),
    flow="evaluate-threads",
    app="shop",
    status="completed",
    judge_provider="rules",
    params={},
    versions={"intent": "2"},
    items=10,
    created_at=datetime(2026, 3, 5, tzinfo=UTC),
)


def earlier(day: int, **changed: Any) -> EarlierRun:
    fields: dict[str, Any] = {
        "night": date(2026, 3, day),
        "run_id": UUID(int=day),
        "judge_provider": "rules",
        "judge_model": None,
        "versions": {"intent": "2"},
        "snapshot_hash": "same",
    }
    return EarlierRun.model_validate(fields | changed)


def test_a_fixed_suite_is_paired_with_the_last_night_of_the_same_threads() -> None:
    found = choose_baseline("fixed", NOW, "same", [earlier(4), earlier(3)])
    assert (found.run, found.pairing, found.note) == (earlier(4), "pairs", "")
    found = choose_baseline("fixed", NOW, "same", [earlier(4, snapshot_hash="other"), earlier(3)])
    assert (found.run, found.pairing) == (earlier(3), "pairs")
    assert "2026-03-03" in found.note


def test_a_fixed_suite_whose_threads_are_new_is_compared_as_samples_and_says_so() -> None:
    found = choose_baseline("fixed", NOW, "new", [earlier(4), earlier(3)])
    assert (found.run, found.pairing) == (earlier(4), "samples")
    assert "its threads have changed since 2026-03-04" in found.note


def test_fresh_traffic_is_compared_with_the_last_night_as_samples() -> None:
    found = choose_baseline("fresh", NOW, "new", [earlier(4), earlier(3)])
    assert (found.run, found.pairing, found.note) == (earlier(4), "samples", "")


def test_nothing_is_compared_over_another_judging_and_the_note_says_what_changed() -> None:
    found = choose_baseline("fixed", NOW, "same", [earlier(4, versions={"intent": "1"})])
    assert (found.run, found.note) == (None, "not compared: versions have changed (intent) since 2026-03-04")
    found = choose_baseline("fresh", NOW, "same", [earlier(4, judge_provider="openai", judge_model="small")])
    assert (found.run, found.note) == (None, "not compared: the judge has changed since 2026-03-04")
    found = choose_baseline("fresh", NOW, "same", [earlier(4, versions={"intent": "1"}), earlier(3)])
    assert (found.run, "2026-03-03: versions have changed (intent)" in found.note) == (earlier(3), True)


def test_the_first_night_and_a_night_without_threads_have_nothing_to_compare() -> None:
    assert "first night" in choose_baseline("fresh", NOW, "same", []).note
    empty = NOW.model_copy(update={"items": 0})
    assert choose_baseline("fresh", empty, "same", [earlier(4)]).note == "nothing new to compare"
