"""What a checkpoint lacks and needs, found before anything is loaded: an adapter's base, a model's tokenizer."""

from pathlib import Path

from tasks.errors import RunRefused
from tasks.predictions.checkpoints.find import Checkpoint
from tasks.providers.errors import UnusableJudge
from tasks.providers.local_model.folders import ModelFolders, find_folders

TOKENIZER = "tokenizer_config.json"


def folders_of(checkpoint: Checkpoint, base: str) -> ModelFolders:
    """Where a checkpoint is read from.

    Args:
        checkpoint: Full, or an adapter.
        base: What the user names as the base, a folder or the name of a model in the hub's local cache; empty: what
            the adapter says. A relative path starts at the working directory.

    Raises:
        RunRefused: An adapter's base is not there.
    """
    if checkpoint.kind == "full":
        return ModelFolders(checkpoint.folder)
    return ModelFolders(find_base(checkpoint, base or checkpoint.base), checkpoint.folder)


def tokenizer_folder(checkpoint: Checkpoint, folders: ModelFolders, base: str) -> Path:
    """Where the tokenizer is: with the checkpoint, else with the base.

    Args:
        checkpoint: Full, or an adapter.
        folders: Where its weights are.
        base: What the user names as the base; empty: nothing.

    Raises:
        RunRefused: There is none.
    """
    if (folders.tokenizer / TOKENIZER).is_file():
        return folders.tokenizer
    where = find_base(checkpoint, base) if base else folders.base
    if not (where / TOKENIZER).is_file():
        raise RunRefused(
            f"there is no tokenizer in {str(where)!r}, nor in {checkpoint.folder.name}: save it there "
            "(tokenizer.save_pretrained), or name a model that has it with --base"
        )
    return where


def find_base(checkpoint: Checkpoint, name: str) -> Path:
    """The folder of a base model.

    Raises:
        RunRefused: It is not named, not there, or no full model.
    """
    who = checkpoint.folder.name
    if not name:
        raise RunRefused(f"{who} is an adapter, and its adapter_config.json names no base model: name it with --base")
    try:
        found = find_folders(name)
    except UnusableJudge as error:
        why = str(error).removeprefix(f"judge 'local:{name}': ")
        started = "" if Path(name).is_absolute() else f" (looked for from {str(Path.cwd())!r})"
        raise RunRefused(f"the base of {who} cannot be used: {why}{started}; name it with --base") from error
    if found.adapter is not None:
        raise RunRefused(f"the base of {who}, {name!r}, is an adapter itself: merge it, or name another with --base")
    return found.base
