"""The place of one background process: the lock decides, the file only informs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.local.slot import Slot

SLEEPER = "import signal, sys, time; signal.signal(signal.SIGTERM, {handler}); print(1, flush=True); time.sleep(600)"


@pytest.fixture
def slot(tmp_path: Path) -> Slot:
    return Slot(tmp_path / "folder", "sleeper")


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate(timeout=30)


def occupy(slot: Slot, handler: str, started: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """A process that holds the place; the handler is what it does on SIGTERM."""
    with slot.try_lock() as lock:
        assert lock is not None
        command = [sys.executable, "-c", SLEEPER.format(handler=handler)]
        process = subprocess.Popen(command, pass_fds=(lock,), stdout=subprocess.PIPE, start_new_session=True)
    started.append(process)
    assert process.stdout is not None
    process.stdout.readline()
    slot.write({"pid": process.pid})
    return process


def test_an_empty_place_is_free_and_looking_makes_nothing(slot: Slot) -> None:
    assert not slot.is_taken()
    assert slot.read() is None
    assert not slot.stop(grace_seconds=1)
    assert not slot.folder.exists()


def test_only_one_holds_the_lock(slot: Slot) -> None:
    with slot.try_lock() as first:
        assert first is not None
        assert slot.is_taken()
        with slot.try_lock() as second:
            assert second is None
    assert not slot.is_taken()


def test_a_child_holds_the_place_after_its_parent_let_go_until_it_dies(
    slot: Slot, started: list[subprocess.Popen[bytes]]
) -> None:
    child = occupy(slot, "signal.SIG_DFL", started)
    assert slot.is_taken()
    child.kill()
    child.wait(timeout=30)
    assert not slot.is_taken()


@pytest.mark.parametrize(
    ("handler", "ended_by"), [("signal.SIG_DFL", signal.SIGTERM), ("signal.SIG_IGN", signal.SIGKILL)]
)
def test_stopping_asks_first_and_kills_what_does_not_listen(
    slot: Slot, started: list[subprocess.Popen[bytes]], handler: str, ended_by: signal.Signals
) -> None:
    child = occupy(slot, handler, started)
    assert slot.stop(grace_seconds=0.3)
    assert child.wait(timeout=30) == -ended_by
    assert not slot.stop(grace_seconds=0.3)


def test_a_file_that_names_another_process_harms_nobody_when_the_place_is_free(slot: Slot) -> None:
    slot.folder.mkdir()
    slot.write({"pid": os.getpid()})
    assert not slot.stop(grace_seconds=0)
    assert slot.read() == {"pid": os.getpid()}


def test_a_holder_that_does_not_say_who_it_is_cannot_be_stopped(slot: Slot) -> None:
    with slot.try_lock() as lock:
        assert lock is not None
        with pytest.raises(TimeoutError, match=r"sleeper\.json"):
            slot.stop(grace_seconds=0.1)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_a_file_that_is_not_a_state_is_no_state(slot: Slot, text: str) -> None:
    slot.folder.mkdir()
    slot.state_path.write_text(text)
    assert slot.read() is None
