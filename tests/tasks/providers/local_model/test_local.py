"""`local:MODEL` as a provider: loaded once and late, answered beside the loop, closed for good."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from settings import Settings
from tasks.providers.base import ModelReply
from tasks.providers.errors import CallFailed, CallRejected, UnusableJudge
from tasks.providers.local import NEEDED, LocalProvider
from tasks.providers.local_model.folders import ModelFolders
from tests.tasks.providers.questions import Verdict, request_for
from tests.tiny_model import save_model_that_says

LONG: dict[str, Any] = {
    "answer_schema": {
        "type": "object",
        "properties": {"a": {"type": "string", "minLength": 5000}},
        "required": ["a"],
    },
    "sampling": {"max_output_tokens": 300},
}
ENDLESS: dict[str, Any] = {"answer_schema": {"type": "string"}, "sampling": {"max_output_tokens": 10**9}}
BOUNDED: dict[str, Any] = {"answer_schema": {"enum": ["PASS", "SOFT FAIL", "HARD FAIL"]}}


def settings(**changed: Any) -> Settings:
    return Settings.model_validate({"local_device": "cpu", "local_batch_size": 4, **changed})


@pytest.fixture
async def provider(random_folder: Path) -> AsyncIterator[LocalProvider]:
    """A provider of a model that knows nothing."""
    made = LocalProvider(str(random_folder), settings())
    yield made
    await made.close()


@pytest.fixture
async def endless_provider(tmp_path: Path) -> AsyncIterator[LocalProvider]:
    """A provider of a model that ends no string, and whose context is never full."""
    made = LocalProvider(str(save_model_that_says(tmp_path / "endless", ["x"], context=10**9)), settings())
    yield made
    await made.close()


async def test_it_is_free_and_named_by_its_weights(
    provider: LocalProvider, random_folder: Path, tmp_path: Path
) -> None:
    assert provider.free
    assert (provider.name, provider.model) == ("local", str(random_folder))
    assert provider.base_url.startswith("sha256:")
    other = LocalProvider(str(save_model_that_says(tmp_path / "other", ["x"])), settings())
    assert provider.base_url != other.base_url


async def test_it_says_what_its_model_says(tmp_path: Path) -> None:
    folder = save_model_that_says(tmp_path / "says", ['{"verdict": "', 'caf\u00e9"}'])
    provider = LocalProvider(str(folder), settings())
    reply = await provider.complete(request_for(), "t1", "correctness")
    await provider.close()
    assert Verdict.model_validate_json(reply.text).verdict == "caf\u00e9"
    assert reply.tokens_out == 2


async def test_a_model_is_loaded_once_when_it_is_first_asked(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.providers.local_model import load as loading

    def load_and_tell(folders: ModelFolders, device: str) -> "loading.LoadedModel":
        loads.append(device)
        return load(folders, device)

    loads: list[str] = []
    load = loading.load
    monkeypatch.setattr(loading, "load", load_and_tell)
    await asyncio.gather(*(provider.complete(request_for(**BOUNDED), "t1", "correctness") for _ in range(9)))
    assert loads == ["cpu"]


async def test_the_loop_goes_on_while_a_model_answers(provider: LocalProvider) -> None:
    asking = asyncio.create_task(provider.complete(request_for(**LONG), "t1", "correctness"))
    turns = 0
    while not asking.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 10
    assert asking.exception()


async def test_a_call_that_is_cancelled_ends_its_answer_and_no_other(endless_provider: LocalProvider) -> None:
    await endless_provider.complete(request_for(**BOUNDED), "t1", "correctness")
    cancelled = asyncio.create_task(endless_provider.complete(request_for(**ENDLESS), "t1", "correctness"))
    other = asyncio.create_task(endless_provider.complete(request_for(**BOUNDED), "t2", "correctness"))
    await asyncio.sleep(0.1)  # both are being answered, in one batch
    assert not cancelled.done()
    cancelled.cancel()
    assert (await other).text in ('"PASS"', '"SOFT FAIL"', '"HARD FAIL"')
    assert isinstance(await endless_provider.complete(request_for(**BOUNDED), "t3", "correctness"), ModelReply)


async def test_closing_ends_what_is_being_said(endless_provider: LocalProvider) -> None:
    asking = asyncio.create_task(endless_provider.complete(request_for(**ENDLESS), "t1", "correctness"))
    await asyncio.sleep(0.1)
    assert not asking.done()
    await endless_provider.close()
    with pytest.raises(CallFailed, match="was closed"):
        await asking
    with pytest.raises(CallFailed, match="was closed"):
        await endless_provider.complete(request_for(**BOUNDED), "t1", "correctness")


async def test_images_are_rejected(provider: LocalProvider) -> None:
    turns = [{"role": "user", "text": "What is this?", "images": ["https://example.org/a.png"]}]
    with pytest.raises(CallRejected, match="text only"):
        await provider.complete(request_for(turns=turns), "t1", "correctness")


@pytest.mark.parametrize("package", NEEDED)
def test_without_what_it_needs_it_says_what_to_install(
    package: str, random_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UnusableJudge) as caught:
        LocalProvider(str(random_folder), settings())
    assert str(caught.value).startswith(f"judge 'local:{random_folder}' needs ")
    assert str(caught.value).endswith(": install evalflows[train]")


def test_making_it_imports_nothing_heavy(random_folder: Path) -> None:
    code = (
        "import sys; from settings import Settings; from tasks.providers.local import LocalProvider;"
        f"LocalProvider({str(random_folder)!r}, Settings());"
        "print(*sorted({'torch', 'transformers', 'peft', 'llguidance', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
