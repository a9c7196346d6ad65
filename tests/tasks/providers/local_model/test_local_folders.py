"""What `local:MODEL` can name, and what is said of that which it cannot."""

import json
from pathlib import Path

import pytest

from tasks.providers.errors import UnusableJudge
from tasks.providers.local_model.folders import ModelFolders, find_folders


def make_base(folder: Path) -> Path:
    """A folder that looks like a model."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def make_adapter(folder: Path, base: object) -> Path:
    """A folder that looks like an adapter of a base."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": base}))
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    return folder


def make_cached(cache: Path, name: str) -> Path:
    """A model in the hub's cache."""
    repository = cache / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0123abcd")
    return make_base(repository / "snapshots" / "0123abcd")


def test_a_folder_with_weights_is_a_model(tmp_path: Path) -> None:
    base = make_base(tmp_path / "base")
    assert find_folders(str(base)) == ModelFolders(base)


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    base = make_base(tmp_path / "base")
    assert find_folders("~/base") == ModelFolders(base)


def test_a_name_is_looked_up_in_the_hubs_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    cached = make_cached(tmp_path, "some/model")
    assert find_folders("some/model") == ModelFolders(cached)


def test_an_adapter_brings_its_base_along(tmp_path: Path) -> None:
    base = make_base(tmp_path / "base")
    adapter = make_adapter(tmp_path / "adapter", str(base))
    assert find_folders(str(adapter)) == ModelFolders(base, adapter)


def test_an_adapters_relative_base_is_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base = make_base(tmp_path / "base")
    make_base(tmp_path / "out" / "base")
    adapter = make_adapter(tmp_path / "out", "base")
    found = find_folders(str(adapter))
    assert found.base.resolve() == base


def test_an_adapters_relative_base_is_else_found_from_its_folder(tmp_path: Path) -> None:
    base = make_base(tmp_path / "base")
    adapter = make_adapter(tmp_path / "out", "../base")
    found = find_folders(str(adapter))
    assert found.base.resolve() == base


def test_an_adapters_base_may_be_in_the_hubs_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    cached = make_cached(tmp_path, "some/model")
    adapter = make_adapter(tmp_path / "adapter", "some/model")
    assert find_folders(str(adapter)) == ModelFolders(cached, adapter)


def test_a_plus_sign_puts_an_adapter_on_another_base(tmp_path: Path) -> None:
    base, adapter = make_base(tmp_path / "base"), make_adapter(tmp_path / "adapter", "moved/away")
    assert find_folders(f"{base}+{adapter}") == ModelFolders(base, adapter)


def test_a_folder_with_a_plus_sign_in_its_name_is_that_folder(tmp_path: Path) -> None:
    make_base(tmp_path / "c")
    base = make_base(tmp_path / "c++")
    assert find_folders(str(base)) == ModelFolders(base)


def test_the_tokenizer_is_the_adapters_where_it_has_one(tmp_path: Path) -> None:
    base = make_base(tmp_path / "base")
    adapter = make_adapter(tmp_path / "adapter", str(base))
    assert ModelFolders(base).tokenizer == ModelFolders(base, adapter).tokenizer == base
    (adapter / "tokenizer_config.json").write_text("{}")
    assert ModelFolders(base, adapter).tokenizer == adapter


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("", "names no model"),
        ("nowhere", "'nowhere' is neither a folder nor a model in the hub's local cache"),
        ("/no/such/folder", "'/no/such/folder' is neither a folder"),
        ("nul\0", "is neither a folder"),
        ("empty", "'empty' holds no model: there must be config.json with"),
        ("both", "'both' holds a model and an adapter"),
        ("base+base", "'base' is to be the adapter, and what it holds is: model"),
        ("adapter+adapter", "'adapter' is to be the model, and what it holds is: adapter"),
        ("+adapter", "'' is neither a folder"),
        ("base+", "'' is neither a folder"),
        ("homeless", "'homeless/adapter_config.json' names no base model: write local:BASE+ADAPTER"),
        ("stacked", "'adapter' is to be the model"),
        ("broken", "'broken/adapter_config.json' cannot be read"),
        ("list", "'list/adapter_config.json' cannot be read"),
        ("moved", "'moved/away' is neither a folder"),
    ],
)
def test_what_cannot_be_used_is_said_on_one_line(
    model: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    Path("empty").mkdir()
    make_adapter(make_base(Path("both")), "base")
    make_base(Path("base"))
    make_adapter(Path("adapter"), "base")
    make_adapter(Path("homeless"), None)
    make_adapter(Path("stacked"), "adapter")
    make_adapter(Path("moved"), "moved/away")
    for name, content in (("broken", "{\n,"), ("list", "[]")):
        (make_adapter(Path(name), "base") / "adapter_config.json").write_text(content)
    with pytest.raises(UnusableJudge) as caught:
        find_folders(model)
    assert str(caught.value).startswith(f"judge 'local:{model}")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)
