"""`--sample-rate`: a share of the threads, the same whatever they come from and whatever else is chosen."""

from pathlib import Path

import pytest

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.commands.test_run_selection import taken
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
THREADS = 120


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_threads(tmp_path / "threads.csv", THREADS)


def drawn(call_command: CallCommand, settings: Settings, source: str | Path, *options: str) -> list[str]:
    """The threads a run takes, in its order."""
    done = call_command(*FLOW, "--source", source, *options, "--json")
    assert done.code == 0, done.stderr
    return taken(settings)


def test_a_larger_share_holds_the_smaller_one_and_the_seed_draws_another(
    call_command: CallCommand, settings: Settings, source: Path
) -> None:
    fifth = drawn(call_command, settings, source, "--sample-rate", "0.2")
    half = drawn(call_command, settings, source, "--sample-rate", "0.5", "--evaluators", "intent")
    assert len(fifth) == pytest.approx(THREADS / 5, abs=14)
    assert len(half) == pytest.approx(THREADS / 2, abs=18)
    assert [name for name in half if name in fifth] == fifth
    assert drawn(call_command, settings, source, "--sample-rate", "0.2", "--seed", "1") != fifth
    assert len(drawn(call_command, settings, source, "--sample-rate", "1")) == THREADS


def test_it_composes_with_a_sample_and_a_limit(call_command: CallCommand, settings: Settings, source: Path) -> None:
    fifth = drawn(call_command, settings, source, "--sample-rate", "0.2")
    assert drawn(call_command, settings, source, "--sample-rate", "0.2", "--limit", "6") == fifth[:6]
    ten = drawn(call_command, settings, source, "--sample", "10")
    assert set(ten) < set(fifth)
    assert drawn(call_command, settings, source, "--sample", "10", "--sample-rate", "0.2") == ten


def test_stored_threads_are_drawn_as_those_of_a_file(
    call_command: CallCommand, settings: Settings, source: Path
) -> None:
    fifth = drawn(call_command, settings, source, "--sample-rate", "0.2")
    assert call_command("import", "threads", source).code == 0
    stored = drawn(call_command, settings, "stored", "--sample-rate", "0.2")
    assert stored == sorted(fifth)
    assert drawn(call_command, settings, "stored", "--sample-rate", "0.2", "--limit", "3") == stored[:3]


@pytest.mark.parametrize("rate", ["0", "-0.5", "1.5"])
def test_a_share_is_above_nothing_and_at_most_all(rate: str, call_command: CallCommand, source: Path) -> None:
    refused = call_command(*FLOW, "--source", source, "--sample-rate", rate)
    assert (refused.code, refused.stderr.count("\n")) == (2, 1)
    assert "--sample-rate" in refused.stderr
