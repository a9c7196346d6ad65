"""`gemini:MODEL` through the real SDK: what is sent, what is read, what of the environment is used."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.providers.base import Turn
from tasks.providers.errors import AccessRefused, CallRejected, UnusableJudge
from tests.contracts.served import Served
from tests.servers.gemini_rules import snake_case
from tests.servers.local_gemini import bad_request, error
from tests.tasks.providers.gemini_calls import ANSWER, answer_with, serve
from tests.tasks.providers.questions import Verdict, request_for

PATH = "models/small:generateContent"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    yield from serve(monkeypatch)


async def test_the_answer_is_asked_for_by_its_json_schema(served: Served) -> None:
    await served.ask(request_for(sampling={"temperature": 0.0, "max_output_tokens": 100, "seed": 7}))
    assert served.server.paths == [f"/v1beta/{PATH}"]
    assert served.server.requests == [
        {
            "systemInstruction": {"parts": [{"text": "Judge."}], "role": "user"},
            "contents": [{"role": "user", "parts": [{"text": "Thread t1."}]}],
            "generationConfig": {
                "temperature": 0.0,
                "maxOutputTokens": 100,
                "seed": 7,
                "responseMimeType": "application/json",
                "responseJsonSchema": Verdict.model_json_schema(),
            },
        }
    ]


async def test_a_reply_holds_the_answer_without_the_thoughts_the_tokens_billed_and_the_model(served: Served) -> None:
    reply = await served.ask()
    assert (reply.text, reply.served_model) == (ANSWER, "small-001")
    assert (reply.tokens_in, reply.tokens_cached, reply.tokens_out, reply.tokens_reasoning) == (100, 40, 20, 8)


async def test_an_answer_in_several_parts_is_put_together(served: Served) -> None:
    code = {"executableCode": {"code": "1"}}
    parts = [{"text": "Hm.", "thought": True}, {"text": '{"verdict":'}, code, {"text": ' "PASS"}'}]
    answer_with(served, [{"content": {"parts": parts}, "finishReason": "STOP"}])
    assert (await served.ask()).text == ANSWER


@pytest.mark.parametrize(
    ("usage", "tokens_in", "tokens_out"),
    [
        (None, 0, 0),
        ("free", 0, 0),
        ({}, 0, 0),
        ({"promptTokenCount": -1, "candidatesTokenCount": "many", "thoughtsTokenCount": None}, 0, 0),
        ({"promptTokenCount": 10, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 3}, 15, 3),
    ],
)
async def test_a_server_that_does_not_say_what_it_bills_is_taken_at_its_answer(
    usage: object, tokens_in: int, tokens_out: int, served: Served
) -> None:
    answer_with(served, [{"content": {"parts": [{"text": "{}"}]}}], usage, modelVersion=7)
    reply = await served.ask()
    assert (reply.text, reply.served_model) == ("{}", None)
    assert (reply.tokens_in, reply.tokens_out) == (tokens_in, tokens_out)


@pytest.mark.parametrize(
    ("url", "media_type"),
    [
        ("https://example.com/a.PNG?size=2", "image/png"),
        ("https://example.com/a.webp", "image/webp"),
        ("https://example.com/images/7", "image/jpeg"),
        ("https://generativelanguage.googleapis.com/v1beta/files/abc", None),
    ],
)
async def test_an_image_comes_before_the_text_with_its_media_type(
    url: str, media_type: str | None, served: Served
) -> None:
    await served.ask(request_for(turns=[Turn(role="user", text="Look.", images=(url,))]))
    data = {"file_uri": url, "mime_type": media_type} if media_type else {"file_uri": url}
    (content,) = snake_case(served.server.requests[0])["contents"]
    assert content["parts"] == [{"file_data": data}, {"text": "Look."}]


async def test_a_temperature_refused_although_none_was_sent_is_final(served: Served) -> None:
    wrong = bad_request({"field": "generation_config.temperature"})
    served.server.behaviour = lambda number, body: error(400, "not this", details=[wrong])
    with pytest.raises(CallRejected, match="not this"):
        await served.ask()
    assert served.server.calls == 2


@pytest.mark.parametrize("message", ["max_output_tokens must be positive", "Request contains an invalid argument."])
async def test_a_refusal_of_anything_but_the_temperature_is_final(message: str, served: Served) -> None:
    found = await served.end_of(lambda number, body: error(400, message))
    assert type(found) is CallRejected


async def test_a_short_time_out_is_not_told_to_the_server_which_refuses_one(served: Served) -> None:
    assert (await served.ask(call_timeout_seconds=9)).text == ANSWER
    assert "X-Server-Timeout" not in served.server.headers[0]


@pytest.mark.parametrize(("asked", "version"), [("v1", "v1"), ("beta", "v1beta")])
async def test_the_version_of_the_api_is_the_one_of_the_environment(
    asked: str, version: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", asked)
    await served.ask()
    assert served.server.paths == [f"/{version}/{PATH}"]


async def test_of_two_keys_the_one_that_the_sdk_takes_is_sent(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "the-key-that-goes-first")
    await served.ask()
    assert served.server.headers[0]["x-goog-api-key"] == "the-key-that-goes-first"


@pytest.mark.parametrize("switch", ["GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"])
async def test_on_google_cloud_the_path_is_the_one_of_vertex_ai(
    switch: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(switch, "true")
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", served.server.root_url)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://nowhere.invalid")
    assert (await served.ask()).text == ANSWER
    assert served.server.paths == [f"/v1beta1/publishers/google/{PATH}"]


async def test_on_google_cloud_without_credentials_the_first_call_says_so(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(AccessRefused, match="credentials were not found"):
        await served.ask()


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "https://generativelanguage.googleapis.com/"),
        ({"GOOGLE_GEMINI_BASE_URL": "https://me:secret@proxy.example/g?key=secret"}, "https://proxy.example/g"),
        (
            {"GOOGLE_GENAI_USE_VERTEXAI": "1", "GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "eu"},
            "https://aiplatform.googleapis.com/projects/p/locations/eu",
        ),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "true", "GOOGLE_VERTEX_BASE_URL": "https://v.example/"}, "https://v.example/"),
    ],
)
def test_where_calls_go_is_told_without_what_is_secret(
    environment: dict[str, str], address: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_GEMINI_BASE_URL")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert served.make().base_url == address


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"GEMINI_API_KEY": " "}, "set GEMINI_API_KEY"),
        ({"GEMINI_API_KEY": "a\u201ckey"}, "x-goog-api-key"),
        ({"GOOGLE_GEMINI_BASE_URL": "127.0.0.1:8080"}, "GOOGLE_GEMINI_BASE_URL: '127.0.0.1:8080' is no http"),
    ],
)
def test_an_environment_that_no_call_can_be_made_with_makes_the_judge_unusable(
    environment: dict[str, str], why: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UnusableJudge, match=f"^judge 'gemini:small' cannot be used: .*{why}"):
        served.make()


async def test_a_model_that_the_sdk_cannot_put_in_a_url_stops_the_run(served: Served) -> None:
    async with served.provider("../small") as provider:
        with pytest.raises(AccessRefused, match="invalid model"):
            await provider.complete(request_for(model="../small"), "t1", "correctness")
    assert served.server.calls == 0
