"""A training of two processes (DDP), as torchrun starts it; as a program it is one of the two."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tasks.predictions.training.recording import waiting_warning
from tasks.predictions.writing.spool import read_spool
from tests.tasks.predictions.training import SAMPLES, make_model, new_callback, train

PROGRAM = "tests.tasks.predictions.test_callback_processes"
LAUNCH = ("-W", "ignore", "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")


def main(folder: Path, job_id: str) -> None:
    """Train in this process beside the other, each with a spool folder of its own."""
    own = folder / os.environ["RANK"]
    own.mkdir()
    trainer = train(own, make_model(own, kind="lora"), [new_callback(own, None, job_id=job_id)], ddp_backend="gloo")
    (own / "model").write_text(f"{type(trainer.model_wrapped).__name__} of {trainer.args.world_size}")


def test_of_two_processes_one_predicts_and_both_go_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *LAUNCH, "-m", PROGRAM, str(tmp_path), str(uuid4())], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert {(tmp_path / rank / "model").read_text() for rank in "01"} == {"DistributedDataParallel of 2"}
    (spool,) = tmp_path.glob("*/spool/*")
    rows = [row.content for row in read_spool(spool).lines.values()]
    assert spool.is_relative_to(tmp_path / "0")
    assert [row["failure"] for row in rows] == 3 * SAMPLES * [None]
    assert sorted({row["step"] for row in rows}) == [0, 2, 4]


@pytest.mark.parametrize(
    ("seconds", "wait", "warned"), [(899, 1800, False), (900, 1800, True), (4000, 1800, True), (4000, None, False)]
)
def test_a_pass_that_the_others_may_not_wait_for_is_warned_of(seconds: float, wait: float | None, warned: bool) -> None:
    line = waiting_warning(seconds, wait)
    assert (line is not None) == warned
    assert line is None or f"waited {seconds} s" in line


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
