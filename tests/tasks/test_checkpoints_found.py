"""Checkpoints in an output folder: found by step, not before they are complete, never guessed at."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tasks.checkpoints import Training, check_training, make_backend
from tasks.errors import RunRefused
from tasks.predictions.checkpoints import watch
from tasks.predictions.checkpoints.find import Checkpoint, Unusable, find_checkpoints
from tests.tasks.checkpoint_folders import long_ago, save_full, save_lora, weights


def test_checkpoints_come_by_step_with_their_epoch_and_other_folders_are_left_alone(tmp_path: Path) -> None:
    for step, epoch in ((100, 2.0), (9, 0.5)):
        save_full(tmp_path / f"checkpoint-{step}", epoch)
    long_ago(save_full(tmp_path / "checkpoint-20", None))
    save_full(tmp_path / "checkpoint-best")
    save_full(tmp_path / "runs")
    found = find_checkpoints(tmp_path)
    assert [(one.step, one.epoch, one.kind) for one in found if isinstance(one, Checkpoint)] == [
        (9, 0.5, "full"),
        (20, None, "full"),
        (100, 2.0, "full"),
    ]


def test_a_sharded_model_is_complete_with_its_last_shard(tmp_path: Path) -> None:
    folder = save_full(tmp_path / "checkpoint-1")
    (folder / "model.safetensors").unlink()
    names = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": dict(zip("ab", names, strict=True))})
    )
    (folder / names[0]).write_bytes(weights())
    [waiting] = find_checkpoints(tmp_path)
    assert isinstance(waiting, Unusable)
    assert (waiting.settled, names[1] in waiting.why) == (False, True)
    (folder / names[1]).write_bytes(weights())
    assert isinstance(find_checkpoints(tmp_path)[0], Checkpoint)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (b"", "no readable header"),
        (weights()[:-3], "is to have"),
        (weights() + b"x", "is to have"),
    ],
)
def test_weights_that_are_cut_off_are_waited_for_and_then_named(tmp_path: Path, written: bytes, why: str) -> None:
    folder = save_full(tmp_path / "checkpoint-1")
    (folder / "model.safetensors").write_bytes(written)
    [found] = find_checkpoints(tmp_path)
    assert isinstance(found, Unusable)
    assert (found.settled, why in found.why) == (False, True)
    [found] = find_checkpoints(long_ago(folder).parent)
    assert isinstance(found, Unusable)
    assert found.settled


def test_a_folder_with_a_model_and_an_adapter_is_refused_and_so_are_two_trainings_in_one(tmp_path: Path) -> None:
    folder = save_full(tmp_path / "checkpoint-1")
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(RunRefused, match=r"checkpoint-1' holds a model and an adapter"):
        check_training(Training(folder=str(tmp_path)))
    (folder / "adapter_config.json").unlink()
    save_lora(tmp_path / "checkpoint-2", "base")
    with pytest.raises(RunRefused, match=r"full models \(checkpoint-1\) and adapters \(checkpoint-2\)"):
        check_training(Training(folder=str(tmp_path)))


def test_the_base_of_an_adapter_is_looked_for_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_lora(tmp_path / "out" / "checkpoint-1", "models/base")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunRefused, match=rf"'models/base' is neither .* \(looked for from '{tmp_path}'\).*--base"):
        check_training(Training(folder="out"))
    save_full(tmp_path / "models" / "base")
    check_training(Training(folder="out"))
    save_lora(tmp_path / "out" / "checkpoint-2", "")
    with pytest.raises(RunRefused, match="names no base model"):
        check_training(Training(folder="out"))


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_folder_without_checkpoints_is_refused_unless_it_is_followed(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunRefused, match="--follow"):
        check_training(Training(folder=str(tmp_path / folder)))
    check_training(Training(folder=str(tmp_path / folder), follow=True))


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tasks.predictions.checkpoints.load", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(RunRefused, match=r"\(torch\): pip install 'evalflows\[train\]'"):
        make_backend(Training(folder="out"))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_AGAIN_SECONDS", 0.01)


async def given_out(watching: watch.Watch) -> AsyncIterator[int]:
    async for one in watching.checkpoints():
        yield one.step


@pytest.mark.usefixtures("quick")
async def test_a_followed_folder_gives_each_checkpoint_once_when_it_is_complete_and_ends_when_none_comes(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    watching = watch.Watch(out, idle_seconds=0.5)
    steps = given_out(watching)
    first = asyncio.ensure_future(anext(steps))
    folder = save_full(out / "checkpoint-10", None)
    while watching.waiting != "waiting for checkpoint-10":
        await asyncio.sleep(0.01)
    assert not first.done()
    (folder / "trainer_state.json").write_text("{}")
    assert await first == 10
    save_full(out / "checkpoint-20")
    assert [step async for step in steps] == [20]
    assert watching.ended == "no new checkpoint came for 0.5 s"


@pytest.mark.usefixtures("quick")
async def test_a_followed_training_ends_with_its_job_after_what_it_wrote_last(tmp_path: Path) -> None:
    save_full(tmp_path / "checkpoint-10")

    async def told() -> bool:
        return True

    watching = watch.Watch(tmp_path, idle_seconds=3600, training_ended=told)
    assert [step async for step in given_out(watching)] == [10]
    assert "as its job says" in watching.ended
