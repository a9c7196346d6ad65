"""What `local:MODEL` names: the folder of the weights, and of the adapter on top of them where there is one."""

import json
from dataclasses import dataclass
from pathlib import Path

from tasks.providers.errors import UnusableJudge

WEIGHTS = ("model*.safetensors", "pytorch_model*.bin")
ADAPTER_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")


@dataclass(frozen=True)
class ModelFolders:
    """Where a model is read from.

    Attributes:
        base: Holds `config.json`, the weights and, as a rule, the tokenizer.
        adapter: Holds `adapter_config.json` and the adapter's weights; None without an adapter.
    """

    base: Path
    adapter: Path | None = None

    @property
    def tokenizer(self) -> Path:
        """The adapter's folder where a tokenizer was saved with it (training may add tokens), else the base's."""
        if self.adapter is not None and (self.adapter / "tokenizer_config.json").is_file():
            return self.adapter
        return self.base


def find_folders(model: str) -> ModelFolders:
    """Read what stands after `local:`.

    Args:
        model: A folder, or the name of a model on the Hugging Face hub that is in the local cache. A folder that
            holds a PEFT adapter brings its base along (`base_model_name_or_path`; where relative, it is looked for in
            the working directory, then from the adapter's folder). `BASE+ADAPTER` names both; a folder that is there
            as written is taken as written, plus signs and all.

    Raises:
        UnusableJudge: Nothing is there, or it is not clear what is.
    """
    judge = f"judge 'local:{model}'"
    if not model:
        raise UnusableJudge("judge 'local:' names no model: write local:FOLDER, local:HUB-NAME or local:BASE+ADAPTER")
    base, plus, adapter = model.rpartition("+")
    if plus and not _folder(model).is_dir():
        return ModelFolders(_locate(judge, base, "model"), _locate(judge, adapter, "adapter"))
    folder = _locate(judge, model)
    if _kind(judge, folder) == "model":
        return ModelFolders(folder)
    return ModelFolders(_locate(judge, _base_of(judge, folder), "model"), folder)


def _locate(judge: str, name: str, kind: str | None = None) -> Path:
    """The folder of a name, made sure to hold what it should."""
    folder = _folder(name) if name and _folder(name).is_dir() else _cached(judge, name)
    if kind and (found := _kind(judge, folder)) != kind:
        raise UnusableJudge(f"{judge}: {name!r} is to be the {kind}, and what it holds is: {found}")
    return folder


def _folder(name: str) -> Path:
    return Path(name).expanduser() if name.startswith("~") else Path(name)


def _cached(judge: str, name: str) -> Path:
    from huggingface_hub import snapshot_download  # pyright: ignore[reportUnknownVariableType]

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError) as error:  # ValueError: what cannot be a name on the hub
        missing = f"{name!r} is neither a folder nor a model in the hub's local cache (hf download fetches one)"
        raise UnusableJudge(f"{judge}: {missing}") from error


def _kind(judge: str, folder: Path) -> str:
    """Whether a folder holds a `model` or an `adapter`."""
    is_model = (folder / "config.json").is_file() and _holds(folder, WEIGHTS)
    is_adapter = (folder / "adapter_config.json").is_file() and _holds(folder, ADAPTER_WEIGHTS)
    if is_model and is_adapter:
        raise UnusableJudge(f"{judge}: {str(folder)!r} holds a model and an adapter, move one of them elsewhere")
    if is_model or is_adapter:
        return "model" if is_model else "adapter"
    wanted = "config.json with model*.safetensors, or adapter_config.json with adapter_model.safetensors"
    raise UnusableJudge(f"{judge}: {str(folder)!r} holds no model: there must be {wanted}")


def _holds(folder: Path, patterns: tuple[str, ...]) -> bool:
    return any(file.is_file() for pattern in patterns for file in folder.glob(pattern))


def _base_of(judge: str, adapter: Path) -> str:
    """The base that an adapter was trained on, as `_locate` takes it."""
    file = adapter / "adapter_config.json"
    try:
        name = json.loads(file.read_bytes())["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableJudge(f"{judge}: {str(file)!r} cannot be read: {' '.join(str(error).split())}") from error
    if not name or not isinstance(name, str):
        raise UnusableJudge(f"{judge}: {str(file)!r} names no base model: write local:BASE+ADAPTER")
    beside = adapter / name
    return str(beside) if not _folder(name).is_dir() and beside.is_dir() else name
