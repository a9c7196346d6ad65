"""The contract of every provider that calls an API: every way a call can end without an answer has its error."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from tasks.providers.errors import (
    AccessRefused,
    AnswerRefused,
    AnswerTruncated,
    CallFailed,
    CallRejected,
    ModelError,
    RateLimited,
    Unreachable,
)
from tests.contracts.served import Served
from tests.servers.base import CutOff, Ending
from tests.servers.catalog import KEY, environment_of

STATUSES: list[tuple[int, type[ModelError]]] = [
    *((status, CallRejected) for status in (400, 413, 422)),
    *((status, AccessRefused) for status in (401, 402, 403, 404)),
    (429, RateLimited),
    *((status, CallFailed) for status in (408, 409, 500, 502, 503, 529)),
]

GARBAGE: dict[str, Callable[[], web.Response]] = {
    "a page": lambda: web.Response(text="<html>down for repair</html>", content_type="text/html"),
    "text that says it is JSON": lambda: web.Response(text="upstream error", content_type="application/json"),
    "nothing": lambda: web.Response(text="", content_type="application/json"),
    "no content": lambda: web.Response(status=204),
    "half of an object": lambda: web.Response(text='{"id": "a", "model"', content_type="application/json"),
    "bytes that are not gzip": lambda: web.Response(
        body=b"{}", headers={"Content-Encoding": "gzip"}, content_type="application/json"
    ),
    "a list": lambda: web.json_response([]),
    "null": lambda: web.json_response(None),
    "a number": lambda: web.json_response(7),
    "a text": lambda: web.json_response("PASS"),
    "another object": lambda: web.json_response({"answer": "PASS"}),
    "an error under status 200": lambda: web.json_response({"error": {"message": "overloaded"}}),
    "nesting without end": lambda: web.Response(text="[" * 100_000, content_type="application/json"),
}

ENDINGS: dict[Ending, type[ModelError]] = {
    "length": AnswerTruncated,
    "refusal": AnswerRefused,
    "content_filter": AnswerRefused,
}


@pytest.mark.parametrize(("status", "kind"), STATUSES)
async def test_every_status_has_its_error(status: int, kind: type[ModelError], served: Served) -> None:
    found = await served.end_of(lambda number, body: served.server.error(status, "said so"))
    assert type(found) is kind
    assert "said so" in str(found)
    assert found.retryable is issubclass(kind, CallFailed)
    assert found.reason == ("infra" if found.retryable else "judge_failed")
    assert found.reply is None


@pytest.mark.parametrize("status", [429, 503, 529])
async def test_the_wait_asked_for_in_seconds_is_kept(status: int, served: Served) -> None:
    asked = {"Retry-After": "7.5"}
    found = await served.end_of(lambda number, body: served.server.error(status, "later", asked))
    assert isinstance(found, CallFailed)
    assert found.retry_after_seconds == 7.5


async def test_the_wait_asked_for_as_a_date_is_kept(served: Served) -> None:
    asked = {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)}
    found = await served.end_of(lambda number, body: served.server.error(429, "later", asked))
    assert isinstance(found, RateLimited)
    assert found.retry_after_seconds is not None
    assert 80_000 < found.retry_after_seconds <= 86_400


async def test_no_wait_is_made_up(served: Served) -> None:
    found = await served.end_of(lambda number, body: served.server.error(429, "later"))
    assert isinstance(found, RateLimited)
    assert found.retry_after_seconds is None


@pytest.mark.parametrize("response", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_is_worth_another_try(response: Callable[[], web.Response], served: Served) -> None:
    found = await served.end_of(lambda number, body: response())
    assert type(found) is CallFailed
    assert found.reply is None


@pytest.mark.parametrize("response", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_under_a_status_of_an_error_is_told_by_the_status(
    response: Callable[[], web.Response], served: Served
) -> None:
    def unavailable() -> web.Response:
        garbage = response()
        garbage.set_status(503)
        return garbage

    assert type(await served.end_of(lambda number, body: unavailable())) is CallFailed


@pytest.mark.parametrize("sent", [b"", b'{"id": "a", "mod'])
async def test_a_connection_that_is_cut_is_worth_another_try(sent: bytes, served: Served) -> None:
    assert type(await served.end_of(lambda number, body: CutOff(sent))) is CallFailed


async def test_a_time_out_is_worth_another_try(served: Served) -> None:
    served.server.latency_seconds = 60
    found = await served.end_of(lambda number, body: None, call_timeout_seconds=0.5)
    assert type(found) is CallFailed


async def test_a_server_that_is_not_there_is_unreachable(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = type(served.server)()
    gone.start()
    gone.stop()
    for name, value in environment_of(served.name, gone).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Unreachable) as caught:
        await served.ask()
    assert KEY not in str(caught.value)


async def test_a_host_without_an_address_is_unreachable(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(served.name, served.server).items():
        monkeypatch.setenv(name, value.replace("127.0.0.1", "nowhere.invalid"))
    with pytest.raises(Unreachable, match=r"nowhere\.invalid|Name|name|resolve"):
        await served.ask()


@pytest.mark.parametrize(("ending", "kind"), ENDINGS.items())
async def test_an_answer_that_did_not_come_to_its_end_is_none_and_was_paid_for(
    ending: Ending, kind: type[ModelError], served: Served
) -> None:
    if ending not in served.server.endings:
        pytest.skip("the API has no such ending")
    complete = '{"verdict": "PASS"}'
    found = await served.end_of(lambda number, body: served.server.completion(complete, body, ending))
    assert (type(found), found.retryable) == (kind, False)
    assert found.reply is not None
    assert (found.reply.tokens_in, found.reply.tokens_out) == (100, 20)


@pytest.mark.parametrize("text", ["", " \n\t"])
async def test_an_empty_answer_is_worth_another_try_and_was_paid_for(text: str, served: Served) -> None:
    found = await served.end_of(lambda number, body: served.server.completion(text, body))
    assert type(found) is CallFailed
    assert found.reply is not None
    assert found.reply.tokens_in == 100


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_a_key_that_the_server_repeats_stands_in_no_error(status: int, served: Served) -> None:
    if KEY not in environment_of(served.name, served.server).values():
        pytest.skip("it sends no key")
    found = await served.end_of(lambda number, body: served.server.error(status, f"no such key: {KEY}, ask for one"))
    assert KEY not in str(found)
    assert "no such key" in str(found)
