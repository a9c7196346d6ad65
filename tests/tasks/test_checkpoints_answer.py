"""Checkpoints loaded after a real training say what the model said when they were saved."""

from pathlib import Path

import pytest

from settings import PredictionSettings
from tasks.predictions.checkpoints.backend import LocalBackend
from tasks.predictions.checkpoints.find import Checkpoint, find_checkpoints
from tasks.predictions.config import read_config
from tasks.predictions.job import JobIdentity, set_up_job
from tests.tasks.predictions.training import CONFIG, HEADS, ListSink, make_model, new_callback, train
from tests.tiny_model import save, tiny_model, tiny_tokenizer


@pytest.mark.parametrize("kind", ["full", "lora"])
async def test_a_checkpoint_says_what_the_model_said_in_training(tmp_path: Path, kind: str) -> None:
    base = save(tmp_path / "base", tiny_model(tiny_tokenizer(), shape="Llama", **HEADS), tiny_tokenizer())
    config = {"predictions": {**CONFIG["predictions"], "sample_frequency": "save"}}
    sink = ListSink(config)
    callback = new_callback(tmp_path, sink, config=config)
    train(tmp_path, make_model(tmp_path, kind=kind), [callback], save_strategy="epoch")
    backend = LocalBackend("cpu", str(base))
    found = [one for one in find_checkpoints(tmp_path / "out") if isinstance(one, Checkpoint)]
    assert [(one.kind, one.epoch) for one in found] == [
        ("full" if kind == "full" else "adapter", n) for n in (1.0, 2.0)
    ]
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
