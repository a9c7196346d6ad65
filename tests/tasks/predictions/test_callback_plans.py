"""What the callback knows before a training: its passes, its job, and which prompts are missing at a step."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from transformers import TrainerState, TrainingArguments

from settings import PredictionSettings
from tasks.errors import RunRefused
from tasks.predictions.config.job_config import PredictionsConfig
from tasks.predictions.job import JobIdentity, identify_job
from tasks.predictions.passes import missing_prompts, rows_of
from tasks.predictions.prompts import Completion, GenerationSettings, ModelIdentity, PassResult, Prompt
from tasks.predictions.training.job_source import JobSource
from tasks.predictions.training.moments import never_comes, planned_passes
from tests.tasks.predictions.training import ListSink

ASKED = [Prompt(0, "a", "a", (1,), "truth"), Prompt(1, "b", "b", (1,)), Prompt(2, "c", "c", (), failure="too long")]


def arguments(folder: Path, **given: Any) -> TrainingArguments:
    return TrainingArguments(str(folder), use_cpu=True, report_to=[], **given)


@pytest.mark.parametrize(
    ("frequency", "given", "passes"),
    [
        ("epoch", {}, 4),  # before training, and after each of three epochs
        ("steps", {}, 5),  # 0, 10, 20, 30, and the last
        ("eval", {"eval_strategy": "steps"}, 6),  # 0, 7, 14, 21, 28, and the last
        ("eval", {"eval_strategy": "no"}, 2),
        ("save", {"save_strategy": "epoch"}, 4),
        ("save", {"save_strategy": "steps"}, 4),  # 0, 12, 24, and the last
        ("save", {"save_strategy": "best", "eval_strategy": "epoch"}, None),
    ],
)
def test_the_passes_of_a_training_are_known_before_it(
    tmp_path: Path, frequency: Any, given: dict[str, Any], passes: int | None
) -> None:
    state = TrainerState(max_steps=33, num_train_epochs=3, eval_steps=7, save_steps=12)
    config = PredictionsConfig(sample_frequency=frequency)
    made = arguments(tmp_path, **{"save_strategy": "no", **given})
    assert planned_passes(config, made, state, at_start=True) == passes
    assert (never_comes(config, made) is not None) == (passes == 2)


def test_a_job_is_named_by_the_environment_and_what_is_missing_is_told() -> None:
    named = {"JOB_ID": str(uuid4()), "JOB_USER_ID": "ada", "JOB_TOKEN": "secret"}
    job = identify_job(environment=named)
    assert (str(job.job_id), job.user_id, job.token) == tuple(named.values())
    assert "secret" not in repr(job)
    for environment, problem in [
        ({}, "no job"),
        (named | {"JOB_USER_ID": ""}, "no user"),
        (named | {"JOB_ID": "7"}, "'7'"),
    ]:
        with pytest.raises(RunRefused, match=problem):
            identify_job(environment=environment)


def test_a_job_that_was_created_with_a_configuration_takes_no_other() -> None:
    three, four = ({"predictions": {"sample_count": count}} for count in (3, 4))
    job, limits = JobIdentity(uuid4(), "ada"), PredictionSettings()

    def count(stored: dict[str, Any], given: dict[str, Any] | None) -> int:
        return JobSource(ListSink(stored, "there"), None, given).read(job, limits)[0].sample_count

    assert [count(three, None), count(three, three), count({}, four), count({"lr": 1}, None)] == [3, 3, 4, 5]
    with pytest.raises(RunRefused, match="create another job"):
        count(three, four)
    with pytest.raises(RunRefused, match="data= and config="):
        JobSource(None, "there", None).read(job, limits)


def test_a_step_with_a_gap_is_asked_as_a_whole_and_what_cannot_be_asked_is_no_gap() -> None:
    assert missing_prompts(ASKED, 1, {(0, 0)}) == tuple(ASKED)
    assert missing_prompts(ASKED, 1, {(0, 0), (1, 0)}) == (ASKED[2],)
    assert missing_prompts(ASKED[:2], 2, {(0, 0), (0, 1), (1, 0)}) == tuple(ASKED[:2])
    assert missing_prompts(ASKED[:2], 1, {(0, 0), (1, 0)}) == ()


def test_a_row_says_what_was_asked_answered_and_computed_also_where_a_metric_breaks() -> None:
    def metrics(said: str, truth: str | None) -> dict[str, float | None]:
        if truth is None:
            raise ZeroDivisionError
        return {"exact_match": float(said == truth)}

    completions = (
        Completion(0, text="truth", truth_loss=0.5),
        Completion(1, text="x"),
        Completion(2, failure="too long"),
    )
    result = PassResult(ModelIdentity("float32", backend="transformers on cpu"), completions)
    rows = rows_of(uuid4(), "v", 7, 1.5, ASKED, result, GenerationSettings(batch_size=3), metrics)
    assert [(row.sample_index, row.prediction, row.failure) for row in rows] == [
        (0, "truth", None),
        (1, "x", None),
        (2, None, "too long"),
    ]
    assert [row.metrics for row in rows] == [
        {"exact_match": 1, "truth_loss": 0.5},
        {"truth_loss": None},
        {"truth_loss": None},
    ]
    assert {(row.variant, row.step, row.epoch, row.dtype) for row in rows} == {("v", 7, 1.5, "float32")}
    assert rows[0].generation["batch_size"] == 3
    assert rows[0].generation["backend"] == "transformers on cpu"
