"""What predictions do to a training, and what goes wrong in one: nothing, and nothing unseen."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
import torch
from transformers import Trainer, TrainerCallback, TrainingArguments

from settings import get_prediction_settings
from storage.errors import DatabaseUnavailable
from tasks.errors import RunRefused
from tasks.predictions.callback import PredictionsCallback
from tasks.predictions.training import destination
from tasks.predictions.writing.spool import left_spools, read_spool
from tests.tasks.predictions.training import ARGUMENTS, CONFIG, SAMPLES, ListSink, make_model, new_callback, train
from tests.tiny_model import tiny_model, tiny_tokenizer, with_lora

pytestmark = pytest.mark.filterwarnings("ignore")  # of trl, peft and accelerate among each other


@pytest.fixture(autouse=True)
def short_intervals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PREDICTIONS_MIN_STEP_INTERVAL", "1")
    get_prediction_settings.cache_clear()
    yield
    get_prediction_settings.cache_clear()


def saying(**section: Any) -> dict[str, Any]:
    return {"predictions": {**CONFIG["predictions"], **section}}


class Broken(TrainerCallback):
    """Lets the model fail whenever it is not in training."""

    def on_train_begin(self, *_: Any, model: Any, **__: Any) -> None:
        def fail(module: Any, *_: Any) -> None:
            if not module.training:
                raise ValueError("this model is broken")

        model.register_forward_pre_hook(fail)


class Interrupted(TrainerCallback):
    """Ends training as Ctrl-C does, after a step."""

    def __init__(self, step: int) -> None:
        self._step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == self._step:
            raise KeyboardInterrupt


@pytest.mark.parametrize("sft", [False, True])
def test_the_weights_are_the_same_with_predictions_and_without(tmp_path: Path, sft: bool) -> None:
    def trained(callbacks: list[Any]) -> dict[str, Any]:
        model = with_lora(tiny_model(tiny_tokenizer()), lora_dropout=0.2)  # so that random numbers count
        return train(tmp_path, model, callbacks, sft=sft).model.state_dict()

    sink = ListSink()
    sampled = new_callback(tmp_path, sink, config=saying(temperature=1.0, sample_frequency="steps", step_interval=1))
    without, with_predictions = trained([]), trained([sampled])
    assert len(sink.rows) == 7 * SAMPLES
    assert [name for name, weights in without.items() if not torch.equal(weights, with_predictions[name])] == []


def test_a_model_that_cannot_generate_is_trained_and_each_failure_is_kept_and_seen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink = ListSink()
    trainer = train(tmp_path, make_model(tmp_path), [Broken(), new_callback(tmp_path, sink)])
    assert trainer.state.global_step == 6
    assert sink.steps() == {0: SAMPLES, 3: SAMPLES, 6: SAMPLES}
    assert all("this model is broken" in (row.failure or "") for row in sink.rows.values())
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "3 passes, 9 rows, 9 of them failed" in errors[-1]
    assert len(errors) > 3


def test_other_prompts_or_settings_stop_before_the_first_step_and_go_under_another_variant(tmp_path: Path) -> None:
    sink, job_id = ListSink(), uuid4()
    train(tmp_path, make_model(tmp_path), [new_callback(tmp_path, sink, job_id=job_id)])
    steps: list[int] = []

    class Counting(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            steps.append(state.global_step)

    other = {"job_id": job_id, "config": saying(max_new_tokens=7, sample_count=2)}
    with pytest.raises(RunRefused, match=r"the prompts are others .*; max_new_tokens was 6 and is 7.*another variant"):
        train(tmp_path, make_model(tmp_path), [Counting(), new_callback(tmp_path, sink, **other)])
    assert steps == []
    train(tmp_path, make_model(tmp_path), [new_callback(tmp_path, sink, variant="seven", **other)])
    assert len(sink.rows) == 3 * SAMPLES + 3 * 2


def test_a_context_that_no_prompt_fits_into_stops_before_the_first_step(tmp_path: Path) -> None:
    model = make_model(tmp_path)
    model.config.max_position_embeddings = 8
    with pytest.raises(RunRefused, match=r"data.jsonl: none of its 3 samples can be asked; the first: too long"):
        train(tmp_path, model, [new_callback(tmp_path, ListSink())])


def test_switched_off_it_looks_at_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREDICTIONS_ENABLED", "false")
    get_prediction_settings.cache_clear()
    trainer = train(tmp_path, make_model(tmp_path), [PredictionsCallback(tmp_path / "no such file")], max_steps=1)
    assert trainer.state.global_step == 1


def test_a_job_that_is_not_enabled_has_no_rows(tmp_path: Path) -> None:
    sink = ListSink()
    callback = new_callback(tmp_path, sink, config={"predictions": {"enabled": False}})
    train(tmp_path, make_model(tmp_path), [callback], max_steps=1)
    assert (sink.rows, sink.pinned) == ({}, {})


def test_what_the_callback_brings_along_imports_neither_torch_nor_a_database() -> None:
    ours = "import settings, sys; from tasks.predictions.training import moments, recording, wanted"
    heavy = "print({'torch', 'transformers', 'sqlalchemy', 'sacrebleu', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{ours}; {heavy}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_trainer_without_a_tokenizer_is_told_where_to_give_one(tmp_path: Path) -> None:
    rows: Any = [{"input_ids": [1, 2, 3], "labels": [1, 2, 3]}]
    one_step: dict[str, Any] = {**ARGUMENTS, "max_steps": 1}
    arguments = TrainingArguments(str(tmp_path / "out"), **one_step)
    sink = ListSink()
    with pytest.raises(RunRefused, match=r"processing_class=.*tokenizer="):
        Trainer(make_model(tmp_path), arguments, train_dataset=rows, callbacks=[new_callback(tmp_path, sink)]).train()
    given = new_callback(tmp_path, sink, tokenizer=tiny_tokenizer())
    Trainer(make_model(tmp_path), arguments, train_dataset=rows, callbacks=[given]).train()
    assert sink.steps() == {0: SAMPLES, 1: SAMPLES}


def test_the_best_model_is_not_taken_for_that_of_the_last_step(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink = ListSink()
    callback = new_callback(tmp_path, sink, config=saying(sample_frequency="steps", step_interval=4))
    first_is_best: dict[str, Any] = {"metric_for_best_model": "eval_one_loss", "greater_is_better": True}
    each_two: dict[str, Any] = {"eval_strategy": "steps", "eval_steps": 2, "save_strategy": "steps", "save_steps": 2}
    train(tmp_path, make_model(tmp_path), [callback], load_best_model_at_end=True, **first_is_best, **each_two)
    assert sink.steps() == {0: SAMPLES, 4: SAMPLES}
    assert "step 6 is not predicted: the best model, of step 2, was loaded" in caplog.text


def test_without_a_database_an_interrupted_training_goes_on_where_its_spools_end(tmp_path: Path) -> None:
    job_id, spool = uuid4(), tmp_path / "spool"
    given = {"job_id": job_id, "config": saying(sample_frequency="steps", step_interval=2)}
    saving: dict[str, Any] = {"save_strategy": "steps", "save_steps": 3}
    interrupted = [new_callback(tmp_path, None, **given), Interrupted(5)]
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, make_model(tmp_path), interrupted, **saving)
    train(tmp_path, make_model(tmp_path), [new_callback(tmp_path, None, **given)], resume=True, **saving)
    spools = [read_spool(path) for path in left_spools(spool, job_id)]
    keys = [(row.content["step"], row.content["sample_index"]) for each in spools for row in each.lines.values()]
    assert sorted(keys) == [(step, sample) for step in (0, 2, 4, 6) for sample in range(SAMPLES)]
    assert len(spools) == 2


class Silent(ListSink):
    """A database that takes rows, and never says which it has."""

    def answered(self, *_: Any, **__: Any) -> set[tuple[int, int]]:
        Event().wait()
        return set()


class Away(ListSink):
    """A database that is not there."""

    def answered(self, *_: Any, **__: Any) -> set[tuple[int, int]]:
        raise DatabaseUnavailable("nobody there")

    job = pin = save = token_hashes = answered  # pyright: ignore[reportAssignmentType]


def test_a_database_that_hangs_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destination, "ANSWER_SECONDS", 0.3)
    sink = Silent()
    train(tmp_path, make_model(tmp_path), [new_callback(tmp_path, sink)])
    assert sink.steps() == {0: SAMPLES, 3: SAMPLES, 6: SAMPLES}


def test_a_database_that_is_away_from_the_beginning_stops_only_a_training_that_does_not_say_what_the_job_is(
    tmp_path: Path,
) -> None:
    job_id = uuid4()
    with pytest.raises(RunRefused, match=r"nobody there; .*spool=FOLDER"):
        train(tmp_path, make_model(tmp_path), [new_callback(tmp_path, Away(), job_id=job_id, config=None)])
    train(tmp_path, make_model(tmp_path), [new_callback(tmp_path, Away(), job_id=job_id)])
    (path,) = left_spools(tmp_path / "spool", job_id)
    assert len(read_spool(path).lines) == 3 * SAMPLES
