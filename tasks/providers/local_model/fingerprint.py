"""What a local model is told apart by: a SHA-256 over the content of all files that its answers depend on."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tasks.providers.local_model.folders import ModelFolders

TEXTS = {".json", ".jinja", ".txt", ".model", ".tiktoken"}
"""Configuration, tokenizer and chat template."""

TRAINING_STATE = {"trainer_state.json", "training_args.bin"}
"""Lie beside a checkpoint and say nothing about its answers."""

READERS = 8


def fingerprint(folders: ModelFolders, asking_version: int) -> str:
    """`sha256:` and 64 hex digits: the same for the same weights, configuration, tokenizer and way of asking.

    The content is read, not size and time: two checkpoints of a training have the same sizes, and a copy has another
    time. It costs about 0.7 s per GB and core, less than loading the model does after; of a file in the hub's cache
    the name is its SHA-256 already.

    Args:
        folders: Where the model is.
        asking_version: Version of the prompt's format and of decoding.
    """
    roles = {"base": folders.base} | ({"adapter": folders.adapter} if folders.adapter else {})
    files = [(role, file) for role, folder in roles.items() for file in _files(folder)]
    with ThreadPoolExecutor(READERS) as readers:
        digests = list(readers.map(_digest, [file for _, file in files]))
    whole = hashlib.sha256(f"asking {asking_version}\n".encode())
    for (role, file), digest in zip(files, digests, strict=True):
        whole.update(f"{role}/{file.name} {digest}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def _files(folder: Path) -> list[Path]:
    """What is read of a folder when the model is loaded, in order of name; `.bin` files only without safetensors."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name not in TRAINING_STATE)
    weights = ".safetensors" if any(file.suffix == ".safetensors" for file in files) else ".bin"
    return [file for file in files if file.suffix in TEXTS | {weights}]


def _digest(file: Path) -> str:
    blob = file.resolve()
    if blob.parent.name == "blobs" and re.fullmatch("[0-9a-f]{64}", blob.name):
        return blob.name
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
