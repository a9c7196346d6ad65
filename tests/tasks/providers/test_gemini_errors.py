"""Errors and endings that only the Gemini API has; the rest is in the contract of every provider."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

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
)
from tests.contracts.served import Served
from tests.servers.base import Body
from tests.servers.local_gemini import GOOGLE_RPC, WRONG_KEY, error
from tests.tasks.providers.gemini_calls import ANSWER, USED, answer_with, serve
from tests.tasks.providers.questions import request_for

NO_FILE = "You do not have permission to access the File abc or it may not exist."
NOT_HERE = "User location is not supported for the API use."


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    yield from serve(monkeypatch)


def quota(*names: str) -> Body:
    """The detail that names quotas."""
    return {"@type": f"{GOOGLE_RPC}QuotaFailure", "violations": [{"quotaId": name} for name in names]}


def retry_in(delay: Any) -> Body:
    """The detail that asks for a wait."""
    return {"@type": f"{GOOGLE_RPC}RetryInfo", "retryDelay": delay}


@pytest.mark.parametrize(
    ("status", "message", "more", "kind"),
    [
        (400, "API Key not found. Please pass a valid API key.", {}, AccessRefused),
        (400, "Invalid.", {"details": [{"reason": "API_KEY_HTTP_REFERRER_BLOCKED"}]}, AccessRefused),
        (400, NOT_HERE, {"status": "FAILED_PRECONDITION"}, AccessRefused),
        (400, "Request contains an invalid argument.", {}, CallRejected),
        (402, "Your prepay credit balance is depleted.", {}, AccessRefused),
        (403, NO_FILE, {}, CallRejected),
        (404, "The file referenced in your request was not found.", {}, CallRejected),
        (499, "The operation was cancelled.", {}, CallFailed),
        (504, "Deadline expired before operation could complete.", {}, CallFailed),
    ],
)
async def test_what_no_other_request_will_change_is_no_access(
    status: int, message: str, more: dict[str, Any], kind: type[ModelError], served: Served
) -> None:
    found = await served.end_of(lambda number, body: error(status, message, **more))
    assert type(found) is kind
    assert message in str(found)


async def test_a_wrong_key_is_no_access(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", WRONG_KEY)
    with pytest.raises(AccessRefused, match="400 INVALID_ARGUMENT: API key not valid"):
        await served.ask()


async def test_a_model_that_is_not_there_is_no_access(served: Served) -> None:
    async with served.provider("large") as provider:
        with pytest.raises(AccessRefused, match="models/large is not found"):
            await provider.complete(request_for(model="large"), "t1", "correctness")


async def test_a_quota_of_a_day_that_is_used_up_is_no_access_and_named(served: Served) -> None:
    details = [quota("GenerateRequestsPerMinute", "GenerateRequestsPerDayPerProjectPerModel"), retry_in("36s")]
    found = await served.end_of(lambda number, body: error(429, "You exceeded your current quota.", details=details))
    assert type(found) is AccessRefused
    assert "(GenerateRequestsPerMinute, GenerateRequestsPerDayPerProjectPerModel)" in str(found)


@pytest.mark.parametrize(
    ("delay", "headers", "seconds"),
    [
        ("12s", {}, 12),
        ("36.429760048s", {}, 36.429760048),
        ("12s", {"Retry-After": "3"}, 3),
        ("12s", {"Retry-After": "0"}, 0),
        ("soon", {}, None),
        ("-1s", {}, None),
        (12, {}, None),
    ],
)
async def test_the_wait_is_read_from_the_header_or_else_from_the_details(
    delay: object, headers: dict[str, str], seconds: float | None, served: Served
) -> None:
    details = [quota("GenerateRequestsPerMinutePerProjectPerModel"), retry_in(delay)]
    found = await served.end_of(lambda number, body: error(429, "Slower.", headers, details=details))
    assert type(found) is RateLimited
    assert found.retry_after_seconds == seconds


@pytest.mark.parametrize(
    "odd", [{"error": "no"}, {"error": {"message": {"temperature": [1]}, "details": 7}}, [{"error": {}}], 7, None]
)
async def test_an_error_of_another_form_is_told_all_the_same(odd: object, served: Served) -> None:
    found = await served.end_of(lambda number, body: web.json_response(odd, status=403))
    assert type(found) is AccessRefused
    assert "403" in str(found)


async def test_an_error_in_a_list_is_read(served: Served) -> None:
    told: Body = {"error": {"code": 429, "message": "Slower.", "details": [retry_in("5s")]}}
    found = await served.end_of(lambda number, body: web.json_response([told], status=429))
    assert isinstance(found, RateLimited)
    assert (found.retry_after_seconds, "Slower." in str(found)) == (5, True)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        *((reason, AnswerRefused) for reason in ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII")),
        *((reason, AnswerRefused) for reason in ("LANGUAGE", "IMAGE_SAFETY", "ESCALATION", "MODEL_ARMOR")),
        *((reason, AnswerTruncated) for reason in ("MAX_TOKENS", "CONTINUATION")),
        *((reason, CallFailed) for reason in ("OTHER", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL", "NEWER")),
        ("PUP_LIMITED_DISABLED", AccessRefused),
    ],
)
async def test_every_reason_to_finish_early_has_its_error_and_was_paid_for(
    reason: str, kind: type[ModelError], served: Served
) -> None:
    answer_with(served, [{"content": {"parts": [{"text": ANSWER}]}, "finishReason": reason, "finishMessage": "Why."}])
    with pytest.raises(ModelError) as caught:
        await served.ask()
    assert type(caught.value) is kind
    assert caught.value.reply is not None
    assert (caught.value.reply.tokens_in, caught.value.reply.tokens_out) == (100, 20)
    assert served.server.calls == 1


async def test_a_prompt_that_was_blocked_is_refused_and_was_paid_for(served: Served) -> None:
    answer_with(served, [], {"promptTokenCount": 100}, promptFeedback={"blockReason": "PROHIBITED_CONTENT"})
    with pytest.raises(AnswerRefused, match="the prompt was blocked: PROHIBITED_CONTENT") as caught:
        await served.ask()
    assert caught.value.reply is not None
    assert (caught.value.reply.tokens_in, caught.value.reply.tokens_out) == (100, 0)


@pytest.mark.parametrize(
    "candidates",
    [
        [],
        [{"finishReason": "STOP"}],
        [{"content": {"role": "model"}, "finishReason": "STOP"}],
        [{"content": {"parts": []}, "finishReason": "STOP"}],
        [{"content": {"parts": [{"text": "Only a thought.", "thought": True}]}, "finishReason": "STOP"}],
    ],
)
async def test_no_answer_is_worth_another_try_and_was_paid_for(candidates: list[Body], served: Served) -> None:
    answer_with(served, candidates, USED)
    with pytest.raises(CallFailed) as caught:
        await served.ask()
    assert caught.value.reply is not None
    assert caught.value.reply.tokens_out == 20


@pytest.mark.parametrize("safe", ["", "/"])
async def test_what_is_secret_in_the_base_url_stands_in_no_error_however_it_is_spelled(
    safe: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk+not/to=be seen"
    spelled = quote(key, safe=safe)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", f"{served.server.root_url}?key={spelled}")
    found = await served.end_of(lambda number, body: error(403, f"?key={spelled} and {key} are not known"))
    assert "?key=*** and *** are not known" in str(found)
    assert served.server.paths == [f"/v1beta/models/small:generateContent?key={quote(key)}"]
