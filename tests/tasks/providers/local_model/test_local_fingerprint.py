"""What tells one local model from another: content, and nothing else."""

import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tasks.providers.local_model.fingerprint import fingerprint
from tasks.providers.local_model.folders import ModelFolders

FILES = {
    "config.json": "{}",
    "generation_config.json": "{}",
    "tokenizer.json": "{}",
    "chat_template.jinja": "{{ messages }}",
    "model-00001-of-00002.safetensors": "one half",
    "model-00002-of-00002.safetensors": "other half",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of two weight files."""
    made = tmp_path / "model"
    made.mkdir()
    for name, content in FILES.items():
        (made / name).write_text(content)
    return made


def test_a_copy_elsewhere_and_later_is_the_same_model(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    os.utime(copy / "config.json", (1, 1))
    assert fingerprint(ModelFolders(folder), 1) == fingerprint(ModelFolders(copy), 1)


@pytest.mark.parametrize("name", FILES)
def test_other_content_of_the_same_size_and_time_is_another_model(name: str, folder: Path) -> None:
    before = fingerprint(ModelFolders(folder), 1)
    file = folder / name
    was = file.stat()
    file.write_bytes(bytes(reversed(file.read_bytes())))
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert file.stat().st_size == was.st_size
    assert fingerprint(ModelFolders(folder), 1) != before


@pytest.mark.parametrize("name", ["trainer_state.json", "training_args.bin", "optimizer.pt", "README.md", "model.gguf"])
def test_what_no_answer_depends_on_does_not_count(name: str, folder: Path) -> None:
    before = fingerprint(ModelFolders(folder), 1)
    (folder / name).write_text("new")
    assert fingerprint(ModelFolders(folder), 1) == before


def test_weights_in_the_old_format_count_where_there_are_no_others(folder: Path) -> None:
    for file in folder.glob("*.safetensors"):
        file.unlink()
    before = fingerprint(ModelFolders(folder), 1)
    (folder / "pytorch_model.bin").write_text("weights")
    assert fingerprint(ModelFolders(folder), 1) != before


def with_adapter(folder: Path) -> str:
    return fingerprint(ModelFolders(folder, folder), 1)


def with_another_version(folder: Path) -> str:
    return fingerprint(ModelFolders(folder), 2)


def with_swapped_halves(folder: Path) -> str:
    first, second = sorted(folder.glob("*.safetensors"))
    content = first.read_bytes()
    shutil.copy(second, first)
    second.write_bytes(content)
    return fingerprint(ModelFolders(folder), 1)


@pytest.mark.parametrize("changed", [with_adapter, with_another_version, with_swapped_halves])
def test_an_adapter_a_way_of_asking_and_the_order_of_files_count(changed: Callable[[Path], str], folder: Path) -> None:
    assert fingerprint(ModelFolders(folder), 1) != changed(folder)


def test_a_file_of_the_hubs_cache_is_known_by_its_name(folder: Path, tmp_path: Path) -> None:
    by_content = fingerprint(ModelFolders(folder), 1)
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    for file in sorted(folder.glob("*.safetensors")):
        digest = sha256(file.read_bytes()).hexdigest()
        (blobs / digest).write_text("not read")
        file.unlink()
        file.symlink_to(blobs / digest)
    assert fingerprint(ModelFolders(folder), 1) == by_content


def test_it_says_that_it_is_a_digest(folder: Path) -> None:
    word, digits = fingerprint(ModelFolders(folder), 1).split(":")
    assert word == "sha256"
    assert len(digits) == 64
