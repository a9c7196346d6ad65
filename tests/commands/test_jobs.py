"""Training jobs on the command line and as a form: what is stored, who sees it, and a training under one."""

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow_async
from prefect.states import Pending
from psycopg.rows import dict_row

from deployments.cli.main import call
from deployments.local.server import LocalServer
from flows.create_job import create_job
from settings import Settings
from tests.fixtures.command import RunCommand, StartCommand

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "tasks" / "predictions" / "sample_data" / "shop_answers.jsonl"
MARA = "mara"
Rows = psycopg.Connection[dict[str, Any]]

TRAIN = """
import os, pathlib, sys
import torch
from peft import LoraConfig, get_peft_model
from transformers import Trainer, TrainingArguments
from tasks.predictions.callback import PredictionsCallback
from tests.tiny_model import tiny_model, tiny_tokenizer

pathlib.Path("token").write_text(os.environ["JOB_TOKEN"])
tokenizer = tiny_tokenizer()
tokens = tokenizer("What is it?", return_tensors="pt")["input_ids"][0]
model = get_peft_model(tiny_model(tokenizer), LoraConfig(target_modules="all-linear", task_type="CAUSAL_LM"))
Trainer(
    model=model,
    args=TrainingArguments("out", num_train_epochs=2, per_device_train_batch_size=1, save_strategy="no",
                           use_cpu=True, report_to="none", disable_tqdm=True),
    train_dataset=[{"input_ids": tokens, "labels": tokens}] * 2,
    processing_class=tokenizer,
    callbacks=[PredictionsCallback()],
).train()
"""


@pytest.fixture
def as_mara(settings: Settings) -> Iterator[Rows]:
    """A connection that sees what the user mara may see."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    with Rows.connect(url, options="-c evalflows.user_id=mara", row_factory=dict_row, autocommit=True) as opened:
        yield opened


def make_job(capsys: pytest.CaptureFixture[str], name: str = "shop answers") -> str:
    """Create a job of mara's; returns its id."""
    capsys.readouterr()
    assert call(["jobs", "create", "--user", MARA, "--name", name, "--data", str(SHOP), "--json"]) == 0
    return json.loads(capsys.readouterr().out)["job_id"]


async def test_a_job_made_in_the_form_is_trained_and_its_predictions_are_rows(
    prefect_server: LocalServer,
    run_command: RunCommand,
    as_mara: Rows,
    tmp_path: Path,
) -> None:
    filled_in = {
        "user": MARA,
        "name": "shop answers",
        "data": str(SHOP),
        "enabled": True,
        "sample_count": 3,
        "sample_frequency": "epoch",
        "step_interval": 0,
        "config": '{"predictions": {"max_new_tokens": 4}, "training": {"epochs": 2}}',
    }
    async with get_client() as client:
        flow_run = await client.create_flow_run(create_job, parameters=filled_in, state=Pending())
        job_id = await cast(Any, run_flow_async)(create_job, flow_run=flow_run, parameters=filled_in)
    (tmp_path / "train.py").write_text(TRAIN)
    done = run_command("jobs", "exec", job_id, "--user", MARA, "--", sys.executable, "train.py", PYTHONPATH=str(ROOT))
    assert done.code == 0, done.stderr

    rows = as_mara.execute("SELECT * FROM training_predictions ORDER BY step, sample_index").fetchall()
    assert [(row["step"], row["sample_index"]) for row in rows] == [(s, i) for s in (0, 2, 4) for i in range(3)]
    assert all(row["failure"] is None and row["tokens_out"] <= 4 and row["job_id"] == UUID(job_id) for row in rows)
    truths = {json.loads(line)["messages"][1]["content"] for line in SHOP.read_text().splitlines()}
    assert {row["ground_truth"] for row in rows} <= truths
    (job,) = as_mara.execute("SELECT * FROM training_jobs").fetchall()
    assert (job["exit_code"], job["finished_at"] > job["started_at"]) == (0, True)
    assert job["config"]["predictions"] == {"max_new_tokens": 4, "sample_count": 3, "sample_frequency": "epoch"}

    token = (tmp_path / "token").read_text()
    (stored,) = as_mara.execute("SELECT * FROM training_job_tokens").fetchall()
    assert stored["token_hash"] == sha256(token.encode()).hexdigest()
    variants = as_mara.execute("SELECT * FROM training_variants").fetchall()
    assert token not in f"{rows} {job} {stored} {variants} {done.stdout} {done.stderr}"


def test_a_job_that_cannot_be_is_refused_with_a_line_for_each_field_and_not_stored(
    settings: Settings, as_mara: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = '{"predictions": {"sample_count": 500, "sample_frequency": "epochs", "step_interval": 1}}'
    create = ["jobs", "create", "--user", MARA, "--name", "shop"]
    assert call([*create, "--data", str(SHOP), "--config", wrong]) == 2
    first, second, third = capsys.readouterr().err.splitlines()
    assert "sample_count is 500" in first
    assert "did you mean epoch" in second
    assert "step_interval is 1" in third
    assert call([*create, "--data", "nowhere.jsonl"]) == 2
    assert "nowhere.jsonl: no such file" in capsys.readouterr().err
    assert call([*create, "--data", str(SHOP), "--config", '{"predictions": }']) == 2
    assert "line 1, column 17: not JSON" in capsys.readouterr().err
    assert as_mara.execute("SELECT FROM training_jobs").fetchall() == []


def test_a_user_sees_and_deletes_only_their_own_jobs(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    jobs = [make_job(capsys, name) for name in ("first", "second")]
    assert call(["jobs", "list", "--user", MARA, "--limit", "1"]) == 0
    listed = capsys.readouterr().out
    assert jobs[1] in listed
    assert "1 of 2 jobs; --offset 1 for more" in listed
    assert call(["jobs", "list", "--user", "nobody"]) == 0
    assert "has no jobs" in capsys.readouterr().out
    for command in ("show", "delete", "token"):
        assert call(["jobs", command, jobs[0], "--user", "nobody"]) == 2
        assert "user 'nobody' has no job" in capsys.readouterr().err
    assert call(["jobs", "show", jobs[0], "--user", MARA]) == 0
    assert "training  not yet" in capsys.readouterr().out
    assert call(["jobs", "delete", jobs[0], "--user", MARA]) == 0
    assert call(["jobs", "show", jobs[0], "--user", MARA]) == 2


def test_a_token_for_another_host_is_printed_once_and_stored_as_its_hash(
    as_mara: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = make_job(capsys)
    assert call(["jobs", "token", job_id, "--user", MARA]) == 0
    token = capsys.readouterr().out.strip()
    (stored,) = as_mara.execute("SELECT token_hash FROM training_job_tokens").fetchall()
    assert stored["token_hash"] == sha256(token.encode()).hexdigest()


def test_a_training_that_is_told_to_stop_ends_in_its_own_way_and_its_exit_code_is_written_down(
    start_command: StartCommand, as_mara: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = make_job(capsys)
    script = 'trap "exit 7" TERM; echo "ready $*"; while :; do sleep 0.05; done'
    training = start_command("jobs", "exec", job_id, "--user", MARA, "--", "sh", "-c", script, "x", "--", "--user", "z")
    assert training.stdout is not None
    assert training.stdout.readline() == "ready -- --user z\n"
    training.terminate()
    training.communicate()
    assert training.returncode == 7
    (job,) = as_mara.execute("SELECT exit_code FROM training_jobs").fetchall()
    assert job["exit_code"] == 7


def test_a_program_that_is_not_there_is_refused_before_anything_is_written(
    as_mara: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = make_job(capsys)
    assert call(["jobs", "exec", job_id, "--user", MARA, "--", "no-such-program"]) == 2
    assert "there is no program 'no-such-program'" in capsys.readouterr().err
    assert call(["jobs", "exec", job_id, "--user", MARA]) == 2
    assert "write it after --" in capsys.readouterr().err
    (job,) = as_mara.execute("SELECT started_at FROM training_jobs").fetchall()
    assert job["started_at"] is None
