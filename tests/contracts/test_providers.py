"""The contract of every provider: what each in the catalog must do, whatever it calls."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from storage.records import Judge
from tasks.providers.base import ModelReply, Provider
from tasks.providers.catalog import PROVIDERS, make_provider
from tasks.providers.client import ModelClient
from tasks.providers.errors import CallFailed, CallRejected, ModelError, UnusableJudge
from tests.servers.local_openai import LocalOpenAI, completion, error
from tests.tasks.providers.questions import RUN_ID, MemoryLedger, Verdict, ask_about, quick_settings, request_for

ANSWER = '{"verdict":"caf\u00e9"}'
KNOWN, UNKNOWN = "t1", "unknown"


def answer_openai(server: LocalOpenAI, folder: Path) -> str:
    """Let the local server answer what is known and refuse the rest; returns the model's name."""
    server.behaviour = lambda number, body: (
        completion(ANSWER, body["model"]) if f"Thread {KNOWN}." in str(body) else error(404, "unknown", "unknown")
    )
    return "small"


def answer_scripted(server: LocalOpenAI, folder: Path) -> str:
    """Record the answer to what is known; returns the model's name."""
    script = folder / "answers.jsonl"
    script.write_text(f'{{"item": "{KNOWN}", "method": "correctness", "answer": {ANSWER}}}', "utf-8")
    return str(script)


ANSWERING: dict[str, Callable[[LocalOpenAI, Path], str]] = {"openai": answer_openai, "scripted": answer_scripted}


@pytest.fixture(params=sorted(PROVIDERS))
async def provider(
    request: pytest.FixtureRequest, model_server: LocalOpenAI, tmp_path: Path
) -> AsyncIterator[Provider]:
    """Each provider of the catalog, with an answer for item `t1` alone."""
    model = ANSWERING[request.param](model_server, tmp_path)
    made = make_provider(Judge(provider=request.param, model=model), quick_settings())
    assert made is not None
    yield made
    await made.close()


def test_every_provider_of_the_catalog_is_tested_here() -> None:
    assert set(ANSWERING) == set(PROVIDERS)


async def test_it_is_called_what_the_catalog_calls_it(provider: Provider) -> None:
    assert provider.name in PROVIDERS
    assert provider.model
    assert provider.base_url
    assert isinstance(provider.free, bool)


async def test_it_gives_the_answer_as_it_was_sent(provider: Provider) -> None:
    reply = await provider.complete(request_for(prompt=f"Thread {KNOWN}."), KNOWN, "correctness")
    assert isinstance(reply, ModelReply)
    assert Verdict.model_validate_json(reply.text) == Verdict(verdict="caf\u00e9")
    assert min(reply.tokens_in, reply.tokens_out) >= 0


async def test_it_answers_the_same_request_again_and_many_at_once(provider: Provider) -> None:
    request = request_for(prompt=f"Thread {KNOWN}.")
    replies = await asyncio.gather(*(provider.complete(request, KNOWN, "correctness") for _ in range(20)))
    assert {reply.text.replace(" ", "") for reply in replies} == {ANSWER}


async def test_what_it_cannot_answer_is_a_model_error_that_is_told_on_one_line(provider: Provider) -> None:
    with pytest.raises(CallRejected) as caught:
        await provider.complete(request_for(prompt=f"Thread {UNKNOWN}."), UNKNOWN, "correctness")
    assert isinstance(caught.value, ModelError)
    assert caught.value.reason == "judge_failed"
    assert "\n" not in str(caught.value)


async def test_it_makes_one_attempt_and_never_retries(provider: Provider, model_server: LocalOpenAI) -> None:
    model_server.behaviour = lambda number, body: error(503, "down", "down")
    before = model_server.calls
    try:
        await provider.complete(request_for(prompt=f"Thread {KNOWN}."), KNOWN, "correctness")
    except CallFailed:
        assert model_server.calls == before + 1
    else:
        assert model_server.calls == before


async def test_it_serves_a_run(provider: Provider) -> None:
    ledger = MemoryLedger()
    client = ModelClient(RUN_ID, provider, ledger, quick_settings(), concurrency=2)
    assert (await client(ask_about(KNOWN))).verdict == "caf\u00e9"
    with pytest.raises(CallRejected):
        await client(ask_about(UNKNOWN))
    assert [(call.item, call.usable, call.provider) for call in ledger.calls] == [
        (KNOWN, True, provider.name),
        (UNKNOWN, False, provider.name),
    ]


async def test_closing_it_leaves_no_connection_open(provider: Provider, model_server: LocalOpenAI) -> None:
    await provider.complete(request_for(prompt=f"Thread {KNOWN}."), KNOWN, "correctness")
    await provider.close()
    async with asyncio.timeout(30):
        while model_server.connections:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_without_a_model_it_is_unusable_and_says_so_on_one_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-a-test")
    with pytest.raises(UnusableJudge, match=f"^judge '{name}:'") as caught:
        make_provider(Judge(provider=name), quick_settings())
    assert "\n" not in str(caught.value)
