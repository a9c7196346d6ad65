"""Checkpoint folders as a Trainer leaves them, their weights made up of nothing: for what reads no weights."""

import json
import os
import time
from pathlib import Path


def weights(content: int = 8) -> bytes:
    """A safetensors file with one tensor of so many bytes."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [content], "data_offsets": [0, content]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(content)


def save_full(folder: Path, epoch: float | None = 1.0) -> Path:
    """A full model."""
    folder.mkdir(parents=True)
    for name in ("config.json", "tokenizer_config.json"):
        (folder / name).write_text("{}")
    (folder / "model.safetensors").write_bytes(weights())
    return with_state(folder, epoch)


def save_lora(folder: Path, base: str, epoch: float | None = 1.0) -> Path:
    """An adapter on a base."""
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": base}))
    (folder / "adapter_model.safetensors").write_bytes(weights())
    return with_state(folder, epoch)


def with_state(folder: Path, epoch: float | None) -> Path:
    """What the Trainer writes last; nothing for None."""
    if epoch is not None:
        (folder / "trainer_state.json").write_text(json.dumps({"epoch": epoch}))
    return folder


def long_ago(folder: Path) -> Path:
    """As if nothing had been written to the folder for an hour."""
    then = time.time() - 3600
    for path in (*folder.iterdir(), folder):
        os.utime(path, (then, then))
    return folder
