"""Rows from real trainings: both trainers, full and LoRA, both precisions, each moment, several architectures."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch

from settings import get_prediction_settings
from tests.tasks.predictions.training import CONFIG, SAMPLES, ListSink, make_model, new_callback, train

SHAPES = ("Llama", "Qwen3", "Mistral")
MOMENTS: dict[str, list[int]] = {"epoch": [0, 3, 6], "steps": [0, 2, 4, 6], "eval": [0, 2, 4, 6]}
ROWS = [
    pytest.param(
        sft, kind, bf16, moment, SHAPES[number % 3], id=f"{'SFT' if sft else ''}Trainer-{kind}-{bf16=}-{moment}"
    )
    for number, (sft, kind, bf16, moment) in enumerate(product((False, True), ("full", "lora"), (False, True), MOMENTS))
]

pytestmark = pytest.mark.filterwarnings("ignore")  # of trl, peft and accelerate among each other


@pytest.fixture(autouse=True)
def short_intervals(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PREDICTIONS_MIN_STEP_INTERVAL", "2")
    get_prediction_settings.cache_clear()
    yield
    get_prediction_settings.cache_clear()


def predict_in_training(
    folder: Path, kind: str, moment: str, shape: str = "Llama", *, sft: bool = False, device: str = "cpu", **given: Any
) -> ListSink:
    """The rows of a training of six steps."""
    sink = ListSink()
    config = {"predictions": {**CONFIG["predictions"], "sample_frequency": moment, "step_interval": 2}}
    callback = new_callback(folder, sink, config=config)
    evaluating = {"eval_strategy": "steps", "eval_steps": 2} if moment == "eval" else {}
    train(folder, make_model(folder, shape, kind, device), [callback], sft=sft, **evaluating, **given)
    return sink


@pytest.mark.parametrize(("sft", "kind", "bf16", "moment", "shape"), ROWS)
def test_every_moment_has_a_row_for_each_sample_of_the_model_as_it_was(
    tmp_path: Path, sft: bool, kind: str, bf16: bool, moment: str, shape: str
) -> None:
    sink = predict_in_training(tmp_path, kind, moment, shape, sft=sft, bf16=bf16)
    assert sink.steps() == dict.fromkeys(MOMENTS[moment], SAMPLES)
    rows = list(sink.rows.values())
    assert [row.failure for row in rows] == [None] * len(rows)
    assert all(row.prediction is not None and row.ground_truth for row in rows)
    assert all(("bfloat16 autocast" in row.dtype) == bf16 for row in rows)
    assert {row.step for row in rows if row.epoch == row.step / 3} == set(MOMENTS[moment])
    adapters = {row.adapter_hash for row in rows}
    assert len(adapters) == (len(MOMENTS[moment]) if kind == "lora" else 1)
    losses = {row.step: row.metrics["truth_loss"] for row in rows if row.sample_index == 0}
    assert len(set(losses.values())) == len(losses)  # another model at each step


@pytest.mark.parametrize("sft", [False, True])
def test_a_base_in_4_bits_whose_layers_are_of_several_precisions_is_predicted(tmp_path: Path, sft: bool) -> None:
    sink = predict_in_training(tmp_path, "4bit", "eval", "Qwen3" if sft else "Mistral", sft=sft, bf16=True)
    assert sink.steps() == dict.fromkeys(MOMENTS["eval"], SAMPLES)
    assert not [row.failure for row in sink.rows.values() if row.failure is not None]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize(
    ("kind", "sft", "precision"), [*product(("full", "lora", "4bit"), (False, True), ("bf16", "fp16"))]
)
def test_rows_come_from_trainings_on_a_gpu(tmp_path: Path, kind: str, sft: bool, precision: str) -> None:
    given = {"use_cpu": False, precision: True}
    sink = predict_in_training(tmp_path, kind, "eval", "Qwen3", sft=sft, device="cuda", **given)
    assert sink.steps() == dict.fromkeys(MOMENTS["eval"], SAMPLES)
    assert not [row.failure for row in sink.rows.values() if row.failure is not None]
