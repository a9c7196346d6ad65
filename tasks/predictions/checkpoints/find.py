"""Finds the checkpoints in the output folder of a training: what they are, and which are still being written."""

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from tasks.errors import RunRefused
from tasks.predictions.checkpoints.complete import IncompleteWeights, refuse_incomplete

Kind = Literal["full", "adapter"]

NAME = re.compile(r"checkpoint-(\d+)")
STATE = "trainer_state.json"
"""What a Trainer writes last of a checkpoint (transformers 5.23, `_save_checkpoint`)."""

CONFIGS: dict[Kind, str] = {"full": "config.json", "adapter": "adapter_config.json"}
WEIGHTS: dict[Kind, str] = {"full": "model.safetensors", "adapter": "adapter_model.safetensors"}

SETTLED_SECONDS = 30.0
"""A folder in which nothing has changed for so long is not being written any more."""


@dataclass(frozen=True)
class Checkpoint:
    """One folder `checkpoint-N`, complete.

    Attributes:
        step: The N of its name: optimizer steps done.
        folder: Where it lies.
        kind: A `full` model, or an `adapter` on a base.
        epoch: As its trainer_state.json says; None without one.
        base: What an adapter says it was trained on: a path or the name of a model; empty for a full model.
    """

    step: int
    folder: Path
    kind: Kind
    epoch: float | None = None
    base: str = ""


@dataclass(frozen=True)
class Unusable:
    """A folder `checkpoint-N` that cannot be read, or not yet.

    Attributes:
        step: The N of its name.
        why: One line.
        ambiguous: Whether it holds a model and an adapter.
        settled: Whether nothing changes in it any more; else it may still be written.
    """

    step: int
    why: str
    ambiguous: bool = False
    settled: bool = True


def find_checkpoints(folder: Path) -> list[Checkpoint | Unusable]:
    """All folders `checkpoint-N`, by step; nothing but names, sizes and small JSON files is read.

    Raises:
        RunRefused: Full models and adapters lie side by side: two trainings wrote there.
    """
    named = sorted((int(match[1]), path) for path, match in _matches(folder) if path.is_dir())
    found = [look_at(path, step) for step, path in named]
    refuse_mixture(folder, [one for one in found if isinstance(one, Checkpoint)])
    return found


def _matches(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    try:
        paths = list(folder.iterdir())
    except OSError:  # a training makes its folder when it first saves
        return []
    return [(path, match) for path in paths if (match := NAME.fullmatch(path.name))]


def refuse_mixture(folder: Path, found: list[Checkpoint]) -> None:
    """Let nobody compare two trainings as if they were one."""
    by_kind = {one.kind: one.folder.name for one in found}
    if len(by_kind) > 1:
        raise RunRefused(
            f"{str(folder)!r} holds full models ({by_kind['full']}) and adapters ({by_kind['adapter']}): two trainings "
            "wrote there; move the checkpoints of one of them elsewhere"
        )


def look_at(folder: Path, step: int) -> Checkpoint | Unusable:
    """What one folder holds."""
    try:
        kinds: list[Kind] = [kind for kind, config in CONFIGS.items() if (folder / config).is_file()]
        if len(kinds) > 1:
            why = f"{str(folder)!r} holds a model and an adapter: move one of them elsewhere"
            return Unusable(step, why, ambiguous=True)
        settled = is_settled(folder)
        if not kinds:
            raise IncompleteWeights(f"there is neither {CONFIGS['full']} nor {CONFIGS['adapter']}")
        refuse_incomplete(folder, WEIGHTS[kinds[0]])
        state = read_state(folder)
        if state is None and not settled:
            raise IncompleteWeights(f"there is no {STATE} yet")
        return Checkpoint(step, folder, kinds[0], epoch_of(state), base_of(folder) if kinds == ["adapter"] else "")
    except IncompleteWeights as error:
        return Unusable(step, f"{str(folder)!r}: {error}", settled=is_settled(folder))
    except OSError as error:  # the training removes its oldest while we look
        return Unusable(step, f"{str(folder)!r} cannot be read: {error.strerror or error}", settled=is_settled(folder))


def is_settled(folder: Path) -> bool:
    """Whether no file in it has changed lately; true of a folder that is gone."""
    try:
        newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:
        return True
    return abs(time.time() - newest) > SETTLED_SECONDS


def read_state(folder: Path) -> dict[str, Any] | None:
    """What the Trainer says of the checkpoint; None where it has not said it, or not to its end."""
    try:
        return cast(dict[str, Any], json.loads((folder / STATE).read_bytes()))
    except (OSError, ValueError):
        return None


def epoch_of(state: dict[str, Any] | None) -> float | None:
    """Epochs done; None where it is not known."""
    epoch = state.get("epoch") if isinstance(state, dict) else None
    return float(epoch) if isinstance(epoch, int | float) else None


def base_of(folder: Path) -> str:
    """What an adapter was trained on; empty where it does not say."""
    try:
        config = cast(dict[str, Any], json.loads((folder / CONFIGS["adapter"]).read_bytes()))
        return str(config.get("base_model_name_or_path") or "")
    except (ValueError, AttributeError) as error:
        raise IncompleteWeights(f"{CONFIGS['adapter']} cannot be read: {error}") from error
