"""Whether the weights of a checkpoint are all there: a file that is still being written is shorter than it says."""

import json
from pathlib import Path
from typing import Any, cast

HEADER_BYTES = 8
LONGEST_HEADER = 100_000_000
"""As the format has it: https://github.com/huggingface/safetensors#format (2026-11)."""


class IncompleteWeights(Exception):
    """The weights are not, or not yet, all there; the message is one line that says what is missing."""


def refuse_incomplete(folder: Path, weights: str) -> None:
    """Make sure that a model's weights can be read to their end: one file, or all those that its index names.

    Args:
        folder: Of the checkpoint.
        weights: The file's name when it is one, as `model.safetensors`.

    Raises:
        IncompleteWeights: A file is missing, cut off or no safetensors file.
    """
    index = folder / f"{weights}.index.json"
    for name in (weights,) if (folder / weights).is_file() else shards_of(index):
        refuse_cut_off(folder / name)


def shards_of(index: Path) -> list[str]:
    """The files that the index of a sharded model names."""
    try:
        named = cast(dict[str, Any], json.loads(index.read_bytes()))["weight_map"]
        return sorted({str(name) for name in named.values()})
    except FileNotFoundError as error:
        raise IncompleteWeights(f"there is no {index.name.removesuffix('.index.json')}, nor its index") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IncompleteWeights(f"{index.name} cannot be read: {type(error).__name__}") from error


def refuse_cut_off(file: Path) -> None:
    """Compare a file's size with what its header says; the weights themselves are not read."""
    try:
        size = file.stat().st_size
        expected = size_by_header(file)
    except FileNotFoundError as error:
        raise IncompleteWeights(f"there is no {file.name}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IncompleteWeights(f"{file.name} has no readable header") from error
    if size != expected:
        raise IncompleteWeights(f"{file.name} has {size:,} bytes, and is to have {expected:,}")


def size_by_header(file: Path) -> int:
    """Bytes of a safetensors file: its header's length, the header, and as far as its last tensor reaches."""
    with file.open("rb") as content:
        length = int.from_bytes(content.read(HEADER_BYTES), "little")
        if not 0 < length <= LONGEST_HEADER:
            raise ValueError(length)
        header = cast(dict[str, Any], json.loads(content.read(length)))
    ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
    return HEADER_BYTES + length + max(ends, default=0)
