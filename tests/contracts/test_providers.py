"""The contract of every provider: what each in the catalog must do, whatever it calls; see also the next file."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.records import Judge
from tasks.providers.base import ModelReply, Provider, Turn
from tasks.providers.catalog import PROVIDERS, make_provider
from tasks.providers.client import ModelClient
from tasks.providers.errors import CallRejected, UnusableJudge
from tests.contracts.served import ANSWER, Served
from tests.servers.base import Asked, Body
from tests.servers.catalog import KEY, SERVERS, environment_of
from tests.tasks.providers.questions import RUN_ID, MemoryLedger, Verdict, ask_about, quick_settings, request_for

KNOWN, UNKNOWN = "t1", "unknown"
WITHOUT_SERVER = {"local", "scripted"}
SDKS = ("openai", "anthropic", "google.genai", "torch", "transformers")
IMAGE = "https://example.com/a.png"


@pytest.fixture(params=[*sorted(SERVERS), "scripted"])
async def provider(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Provider]:
    """Each provider that is quick to make, with an answer for item `t1` alone."""
    script = tmp_path / "answers.jsonl"
    script.write_text(f'{{"item": "{KNOWN}", "method": "correctness", "answer": {ANSWER}}}', "utf-8")
    server, model = None, str(script)
    if request.param in SERVERS:
        server = SERVERS[request.param]()
        answered, unknown = server.completion, server.error
        server.behaviour = lambda number, body: (
            answered(ANSWER, body) if f"Thread {KNOWN}." in str(body) else unknown(404, "unknown")
        )
        server.start()
        model = server.model
        for name, value in environment_of(request.param, server).items():
            monkeypatch.setenv(name, value)
    made = make_provider(Judge(provider=request.param, model=model), quick_settings())
    assert made is not None
    yield made
    await made.close()
    if server is not None:
        server.stop()


def test_every_provider_of_the_catalog_has_a_server_or_needs_none() -> None:
    assert set(SERVERS) | WITHOUT_SERVER == set(PROVIDERS)


def test_no_sdk_is_loaded_before_it_is_used() -> None:
    modules = ", ".join(f"tasks.providers.{name}" for name in ("catalog", *sorted(PROVIDERS)))
    found = f"print([name for name in {SDKS} if name in sys.modules])"
    command = [sys.executable, "-c", f"import sys, {modules}; {found}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


async def test_it_is_called_what_the_catalog_calls_it(provider: Provider) -> None:
    assert provider.name in PROVIDERS
    assert provider.model
    assert provider.base_url
    assert isinstance(provider.free, bool)


async def test_it_gives_the_answer_as_it_was_sent(provider: Provider) -> None:
    reply = await provider.complete(request_for(prompt=f"Thread {KNOWN}."), KNOWN, "correctness")
    assert isinstance(reply, ModelReply)
    assert Verdict.model_validate_json(reply.text) == Verdict(verdict="caf\u00e9")


async def test_it_answers_the_same_request_again_and_many_at_once(provider: Provider) -> None:
    request = request_for(prompt=f"Thread {KNOWN}.")
    replies = await asyncio.gather(*(provider.complete(request, KNOWN, "correctness") for _ in range(20)))
    assert {reply.text for reply in replies} == {ANSWER}


async def test_what_it_cannot_answer_is_a_model_error_that_is_told_on_one_line(provider: Provider) -> None:
    with pytest.raises(CallRejected) as caught:
        await provider.complete(request_for(prompt=f"Thread {UNKNOWN}."), UNKNOWN, "correctness")
    assert caught.value.reason == "judge_failed"
    assert "\n" not in str(caught.value)


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


async def test_everything_a_request_says_reaches_the_wire(served: Served) -> None:
    said = (("user", "Thread t1."), ("assistant", '{"verdict": 1}'), ("user", "Again: caf\u00e9 \U0001f600."))
    turns = [Turn.model_validate({"role": role, "text": text}) for role, text in said]
    sampling = {"temperature": 0.25, "seed": 7, "max_output_tokens": 100}
    await served.ask(request_for(system="Judge. Strictly.", turns=turns, sampling=sampling))
    (body,) = served.server.requests
    asked = served.server.read(body)
    assert list(asked.schema["properties"]) == ["verdict"]
    assert served.server.schema_of(body)["title"] == "Verdict"
    assert asked == Asked(
        system="Judge. Strictly.",
        turns=said,
        images=(),
        schema=asked.schema,
        max_output_tokens=100,
        temperature=0.25,
        seed=7 if served.server.takes_seed else None,
    )


async def test_what_is_not_set_is_not_sent(served: Served) -> None:
    await served.ask(request_for(sampling={"max_output_tokens": 5}))
    asked = served.server.read(served.server.requests[0])
    assert (asked.temperature, asked.seed, asked.max_output_tokens) == (None, None, 5)


async def test_an_image_goes_out_by_its_reference(served: Served) -> None:
    request = request_for(turns=[Turn(role="user", text="Look.", images=(IMAGE,))])
    if not served.server.takes_image_urls:
        with pytest.raises(CallRejected, match="image"):
            await served.ask(request)
        return
    await served.ask(request)
    asked = served.server.read(served.server.requests[0])
    assert (asked.turns, asked.images) == ((("user", "Look."),), (IMAGE,))


async def test_what_was_billed_and_who_answered_is_read(served: Served) -> None:
    reply, billed = await served.ask(), served.server.billed
    assert (reply.tokens_in, reply.tokens_cached) == (billed.tokens_in, billed.tokens_cached)
    assert (reply.tokens_out, reply.tokens_reasoning) == (billed.tokens_out, billed.tokens_reasoning)
    assert reply.served_model is not None
    assert reply.served_model.startswith(served.server.model)


async def test_a_model_that_refuses_a_temperature_is_asked_without_and_from_then_on_without(served: Served) -> None:
    if served.server.reasoning_model is None:
        pytest.skip("the API has no such model")
    model = served.server.reasoning_model
    async with served.provider(model) as provider:
        requests = [request_for(model=model, prompt=f"Thread {number}.") for number in range(10)]
        await asyncio.gather(*(provider.complete(request, "t1", "correctness") for request in requests))
        assert {served.server.prompt_of(body) for body in sent_without_temperature(served)} == {
            request.prompt for request in requests
        }
        served.server.requests.clear()
        for _ in range(2):
            await provider.complete(requests[0], "t1", "correctness")
    assert len(sent_without_temperature(served)) == len(served.server.requests) == 2


def sent_without_temperature(served: Served) -> list[Body]:
    """The requests that name no temperature."""
    return [body for body in served.server.requests if served.server.read(body).temperature is None]


async def test_closing_it_leaves_no_connection_open(served: Served) -> None:
    await served.ask()
    async with asyncio.timeout(30):
        while served.server.connections:
            await asyncio.sleep(0.01)


def test_without_a_key_it_is_unusable_and_says_which_variable_to_set(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [name for name, value in environment_of(served.name, served.server).items() if value == KEY]
    if not keys:
        pytest.skip("it needs no key")
    for name in keys:
        monkeypatch.delenv(name)
    with pytest.raises(UnusableJudge, match=f"^judge '{served.name}:{served.server.model}'") as caught:
        served.make()
    assert keys[0] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_without_a_model_it_is_unusable_and_says_so_on_one_line(name: str) -> None:
    with pytest.raises(UnusableJudge, match=f"^judge '{name}:'") as caught:
        make_provider(Judge(provider=name), quick_settings())
    assert "\n" not in str(caught.value)
