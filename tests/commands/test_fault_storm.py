"""A judge that fails in every way and a process that is killed again and again: nothing lost, nothing paid twice."""

from pathlib import Path

import pytest

from benchmarks.fault_storm import weather_a_storm
from deployments.local.server import LocalServer
from settings import Settings

CONCURRENCY = 20


def test_a_storm_with_kills_changes_no_score_and_pays_for_no_committed_answer_again(
    settings: Settings, prefect_server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.setenv(variable, "set anew below, and put back after the test")
    storm = weather_a_storm(settings, tmp_path, threads=150, kills=3, concurrency=CONCURRENCY, longest_life=1.0, seed=7)
    assert storm.kills == 3
    assert (storm.rows, storm.unscored, storm.different) == (storm.units, 0, 0)
    assert storm.committed_asked_again == 0
    assert storm.answered_twice <= storm.kills * CONCURRENCY
    assert storm.calls > storm.calls_undisturbed == storm.units
