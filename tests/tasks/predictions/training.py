"""Real trainings of tiny models with `PredictionsCallback`, a second or two each, and a sink that keeps rows in a list.

As a program it trains the job of the environment and is killed in the middle of the pass at a step:
`python -m tests.tasks.predictions.training FOLDER STEP`.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from storage.records.prediction import Prediction, TrainingJob, Variant
from tests.tiny_model import quantized_model, save_random_model, tiny_model, tiny_tokenizer, with_lora

PAIRS = [(f"the user asks {n}", f"the answer is {n}") for n in range(6)]
STEPS_AN_EPOCH = 3
CONFIG: dict[str, Any] = {"predictions": {"sample_count": 3, "max_new_tokens": 6, "batch_size": 2}}
SAMPLES = 3
HEADS: dict[str, Any] = {"num_key_value_heads": 2, "head_dim": 8}
ARGUMENTS: dict[str, Any] = {
    "num_train_epochs": 2,
    "per_device_train_batch_size": 2,
    "per_device_eval_batch_size": 2,
    "learning_rate": 0.01,
    "use_cpu": True,
    "report_to": [],
    "save_strategy": "no",
    "disable_tqdm": True,
    "seed": 7,
}


@dataclass
class ListSink:
    """Keeps rows as Postgres would: on their key, the first wins."""

    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    data: str = ""
    pinned: dict[str, Variant] = field(default_factory=dict[str, Variant])
    rows: dict[tuple[str, int, int, int], Prediction] = field(default_factory=dict[Any, Prediction])

    def job(self, user_id: str, job_id: UUID) -> TrainingJob:
        return TrainingJob(job_id=job_id, user_id=user_id, name="tiny", data=self.data, config=dict(self.config))

    def pin(self, user_id: str, variant: Variant, token_hash: str | None = None) -> Variant:
        return self.pinned.setdefault(variant.variant, variant)

    def save(self, user_id: str, rows: Sequence[Prediction]) -> int:
        before = len(self.rows)
        for row in rows:
            self.rows.setdefault((row.variant, row.step, row.sample_index, row.repeat), row)
        return len(self.rows) - before

    def answered(self, user_id: str, job_id: UUID, variant: str, step: int) -> set[tuple[int, int]]:
        found = (row for row in self.rows.values() if (row.variant, row.step) == (variant, step))
        return {(row.sample_index, row.repeat) for row in found if row.failure is None}

    def token_hashes(self, user_id: str, job_id: UUID) -> tuple[str, ...]:
        return ()

    def close(self) -> None: ...

    def steps(self) -> dict[int, int]:
        """How many rows each step has."""
        found = sorted(row.step for row in self.rows.values())
        return {step: found.count(step) for step in found}


def write_data(folder: Path) -> Path:
    """The pairs as a data set."""
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps({"prompt": prompt, "completion": said}) + "\n" for prompt, said in PAIRS))
    return path


def tokenized(tokenizer: Any) -> Any:
    """The pairs as both trainers take them without preparing anything."""
    from datasets import Dataset  # pyright: ignore[reportMissingTypeStubs]

    rows = [tokenizer(f"{prompt} {said}")["input_ids"][:16] for prompt, said in PAIRS]
    width = min(len(row) for row in rows)
    return Dataset.from_list([{"input_ids": row[:width], "labels": row[:width]} for row in rows])


def make_model(folder: Path, shape: str = "Llama", kind: str = "full", device: str = "cpu") -> Any:
    """A tiny model: `full`, `lora`, or `4bit`: LoRA on a quantized base, whose head and embeddings are in bfloat16."""
    if kind == "4bit":
        import torch

        model = quantized_model(save_random_model(folder / "base", shape=shape, **HEADS), device=device)
        model.lm_head.to(torch.bfloat16)
        model.model.embed_tokens.to(torch.bfloat16)
        return with_lora(model)
    model = tiny_model(tiny_tokenizer(), shape=shape, **HEADS)
    return with_lora(model) if kind == "lora" else model


def train(
    folder: Path, model: Any, callbacks: Sequence[Any], *, sft: bool = False, resume: bool = False, **arguments: Any
) -> Any:
    """Train a model; returns its trainer."""
    tokenizer = tiny_tokenizer()
    data, chosen = tokenized(tokenizer), {**ARGUMENTS, **arguments}
    given: dict[str, Any] = {
        "train_dataset": data,
        "eval_dataset": {"one": data, "two": data},
        "processing_class": tokenizer,
    }
    if sft:
        from trl.trainer.sft_config import SFTConfig
        from trl.trainer.sft_trainer import SFTTrainer

        trainer: Any = SFTTrainer(model, SFTConfig(str(folder / "out"), **chosen), callbacks=list(callbacks), **given)
    else:
        from transformers import Trainer, TrainingArguments

        chosen_arguments = TrainingArguments(str(folder / "out"), **chosen)
        trainer = Trainer(model, chosen_arguments, callbacks=list(callbacks), **given)
    trainer.train(resume_from_checkpoint=resume)
    return trainer


def new_callback(folder: Path, sink: Any, **given: Any) -> Any:
    """A callback of a new job whose rows go to a sink."""
    from tasks.predictions.callback import PredictionsCallback

    wanted: dict[str, Any] = {"job_id": uuid4(), "user_id": "ada", "config": CONFIG, "spool": folder / "spool", **given}
    return PredictionsCallback(write_data(folder), sink=sink, **wanted)


def resumable(folder: Path, callbacks: Sequence[Any], *, resume: bool = False) -> Any:
    """A training that can be interrupted: a checkpoint every three steps; that of a job predicted every two."""
    model = make_model(folder, "Qwen3", "lora")
    return train(folder, model, callbacks, resume=resume, save_strategy="steps", save_steps=3, num_train_epochs=3)


def main(folder: Path, step: int) -> None:
    """Train until the model has answered one token of the second batch at the step, and be killed there."""
    from transformers import TrainerCallback

    from tasks.predictions.callback import PredictionsCallback

    class Killed(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, *, model: Any, **_: Any) -> None:
            asked: list[int] = []

            def kill(module: Any, *_: Any) -> None:
                asked.append(module.training)
                if len(asked) > CONFIG["predictions"]["max_new_tokens"]:
                    os.kill(os.getpid(), signal.SIGKILL)

            if state.global_step == step:
                model.get_base_model().register_forward_pre_hook(kill)

    resumable(folder, [Killed(), PredictionsCallback()])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
