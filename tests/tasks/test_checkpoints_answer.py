"""Checkpoints loaded after a real training say what the model said when they were saved."""

from pathlib import Path
from typing import Any

import pytest

from settings import PredictionSettings
from tasks.predictions.checkpoints import load
from tasks.predictions.checkpoints.backend import LocalBackend
from tasks.predictions.checkpoints.find import Checkpoint, find_checkpoints
from tasks.predictions.config import read_config
from tasks.predictions.job import JobIdentity, set_up_job
from tasks.providers.local_model.folders import ModelFolders
from tasks.providers.local_model.load import load_base
from tests.tasks.predictions.training import CONFIG, HEADS, ListSink, make_model, new_callback, train
from tests.tiny_model import save, tiny_model, tiny_tokenizer, with_lora

KINDS: dict[str, tuple[str, dict[str, Any], int]] = {
    "full": ("full", {}, 2),
    "lora": ("adapter", {}, 1),
    "lora of one layer": ("adapter", {"target_modules": ["q_proj"], "init_lora_weights": "gaussian"}, 1),
    "lora and head": ("adapter", {"target_modules": ["q_proj"], "modules_to_save": ["lm_head"]}, 2),
    "dora": ("adapter", {"use_dora": True}, 2),
    "pissa": ("adapter", {"init_lora_weights": "pissa"}, 2),
}
"""The checkpoints of a training, what its adapter is, and how often the weights under it are read for two of them."""


@pytest.mark.parametrize("named", KINDS)
async def test_a_checkpoint_says_what_the_model_said_in_training(
    tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, adapter, reads = KINDS[named]
    read: list[ModelFolders] = []

    def load_and_note(folders: ModelFolders, device: Any) -> Any:
        read.append(folders)
        return load_base(folders, device)

    monkeypatch.setattr(load, "load_base", load_and_note)
    base = save(tmp_path / "base", tiny_model(tiny_tokenizer(), shape="Llama", **HEADS), tiny_tokenizer())
    config = {"predictions": {**CONFIG["predictions"], "sample_frequency": "save"}}
    sink = ListSink(config)
    callback = new_callback(tmp_path, sink, config=config)
    model = make_model(tmp_path)
    train(tmp_path, with_lora(model, **adapter) if kind == "adapter" else model, [callback], save_strategy="epoch")
    backend = LocalBackend("cpu", str(base))
    found = [one for one in find_checkpoints(tmp_path / "out") if isinstance(one, Checkpoint)]
    assert [(one.kind, one.epoch) for one in found] == [(kind, n) for n in (1.0, 2.0)]
    for checkpoint in found:
        told = [row for row in sink.rows.values() if row.step == checkpoint.step]
        assert told
        job = JobIdentity(told[0].job_id, "ada")
        setup = set_up_job(job, read_config(config, PredictionSettings()), tmp_path / "data.jsonl")
        prepared = await backend.prepare(checkpoint, setup.samples, setup.config.max_new_tokens)
        assert setup.pinned(prepared.template_hash, backend.kind) == sink.pinned["default"]
        async with backend.opened(checkpoint, setup.config.generation()) as ask:
            result = await ask(prepared.prompts)
        assert {each.index: each.text for each in result.completions} == {r.sample_index: r.prediction for r in told}
        assert [result.identity.adapter_hash] * len(told) == [row.adapter_hash for row in told]
    assert len(read) == reads
