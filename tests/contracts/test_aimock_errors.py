"""Our providers against aimock, which others wrote: each fault that it can inject has its error."""

from typing import Any

import pytest

from tasks.providers.errors import (
    AccessRefused,
    AnswerRefused,
    AnswerTruncated,
    CallFailed,
    CallRejected,
    ModelError,
    RateLimited,
    UnusableJudge,
)
from tests.servers.aimock.peer import Peer, environment_of

ANSWERED: dict[str, Any] = {"content": {"verdict": "PASS"}, "usage": {"input_tokens": 100, "output_tokens": 20}}
STATUSES: list[tuple[int, type[ModelError]]] = [
    *((status, CallRejected) for status in (400, 422)),
    *((status, AccessRefused) for status in (401, 403, 404)),
    *((status, CallFailed) for status in (408, 500, 503, 529)),
]
FAULTS = {"malformedRate": "not JSON", "disconnectRate": "", "dropRate": "Chaos: request dropped"}
BLOCKED = {"anthropic": ["refusal"], "gemini": ["content_filter", "PROHIBITED_CONTENT", "RECITATION", "SPII"]}
KNOWN_BY_WORDS: list[tuple[str, dict[str, Any], int, type[ModelError]]] = [
    ("openai", {"type": "insufficient_quota", "code": "insufficient_quota"}, 429, AccessRefused),
    ("azure", {"message": "The response was filtered", "code": "content_filter"}, 400, AnswerRefused),
    ("anthropic", {"message": "Your credit balance is too low to access the API."}, 400, AccessRefused),
    ("gemini", {"message": "API key not valid. Please pass a valid API key.", "type": "X"}, 400, AccessRefused),
    ("gemini", {"message": "User location is not supported.", "type": "FAILED_PRECONDITION"}, 400, AccessRefused),
]
REFUSED_TEMPERATURE = {
    "message": "Unsupported value: 'temperature' does not support 0.0 with this model.",
    "param": "temperature",
    "code": "unsupported_value",
}


@pytest.mark.parametrize(("status", "kind"), STATUSES)
async def test_every_status_has_its_error(status: int, kind: type[ModelError], peer: Peer) -> None:
    found = await peer.end_of({"error": {"message": "said so"}, "status": status})
    assert type(found) is kind
    assert "said so" in str(found)
    assert found.reply is None


async def test_the_wait_asked_for_is_kept(peer: Peer) -> None:
    found = await peer.end_of({"error": {"message": "slow down"}, "status": 429, "retryAfter": 7})
    assert isinstance(found, RateLimited)
    assert found.retry_after_seconds == 7


async def test_a_rate_limit_that_comes_by_chance_is_one(peer: Peer) -> None:
    found = await peer.end_of(ANSWERED, chaos={"rateLimitRate": 1})
    assert isinstance(found, RateLimited)
    assert found.retry_after_seconds == 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_on_the_way_is_worth_another_try(fault: str, peer: Peer) -> None:
    found = await peer.end_of(ANSWERED, chaos={fault: 1})
    assert type(found) is CallFailed
    assert FAULTS[fault] in str(found)
    assert found.reply is None


async def test_a_time_out_is_worth_another_try(peer: Peer) -> None:
    peer.aimock.answer(ANSWERED, chaos={"latencyMs": 30_000})
    with pytest.raises(CallFailed, match=r"no answer within 0\.3 seconds"):
        await peer.complete(call_timeout_seconds=0.3)


async def test_an_answer_that_was_cut_off_is_none_and_was_paid_for(peer: Peer) -> None:
    found = await peer.end_of({**ANSWERED, "finishReason": "length"})
    assert isinstance(found, AnswerTruncated)
    assert found.reply is not None
    assert (found.reply.tokens_in, found.reply.tokens_out) == (100, 20)


async def test_an_answer_that_was_blocked_is_refused_and_was_paid_for(peer: Peer) -> None:
    for ending in BLOCKED.get(peer.speaks.provider, ["content_filter"]):
        peer.aimock.reset()
        found = await peer.end_of({**ANSWERED, "finishReason": ending})
        assert isinstance(found, AnswerRefused)
        assert found.reply is not None
        assert (found.reply.tokens_in, found.reply.tokens_out) == (100, 20)


async def test_a_tool_call_instead_of_an_answer_is_worth_another_try(peer: Peer) -> None:
    found = await peer.end_of({"toolCalls": [{"name": "find", "arguments": {"parcel": 7}}]})
    assert type(found) is CallFailed


async def test_an_empty_answer_is_worth_another_try(peer: Peer) -> None:
    assert type(await peer.end_of({**ANSWERED, "content": " "})) is CallFailed


@pytest.mark.parametrize(("peer", "error", "status", "kind"), KNOWN_BY_WORDS, indirect=["peer"])
async def test_what_an_api_tells_in_words_has_its_error(
    error: dict[str, Any], status: int, kind: type[ModelError], peer: Peer
) -> None:
    found = await peer.end_of({"error": {"message": "said so", **error}, "status": status})
    assert type(found) is kind


async def test_a_key_that_is_not_let_in_is_named_in_no_error(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(peer.speaks, peer.aimock, "another-key").items():
        monkeypatch.setenv(name, value)
    peer.aimock.answer(ANSWERED)
    with pytest.raises(UnusableJudge, match="Invalid API key") as caught:
        await peer.ask()
    assert "another-key" not in str(caught.value)
    assert peer.aimock.journal() == []


async def test_what_the_api_does_not_have_ends_the_run_at_its_first_call(peer: Peer) -> None:
    with pytest.raises(UnusableJudge, match="No fixture matched"):
        await peer.ask()
    assert [entry["response"]["status"] for entry in peer.aimock.journal()] == [404]


async def test_a_question_comes_through_one_fault_after_the_other(peer: Peer) -> None:
    peer.aimock.answer({"error": {"message": "overloaded"}, "status": 529}, {"sequenceIndex": 0})
    peer.aimock.answer({"error": {"message": "slow"}, "status": 429, "retryAfter": 0}, {"sequenceIndex": 1})
    peer.aimock.answer(ANSWERED, {"sequenceIndex": 2}, chaos={"malformedRate": 1})
    peer.aimock.answer(ANSWERED, {"sequenceIndex": 3}, chaos={"disconnectRate": 1})
    peer.aimock.answer(ANSWERED, {"sequenceIndex": 4})
    peer.aimock.fail_once(503, "starting")
    assert (await peer.ask(call_attempts=6)).verdict == "PASS"
    assert [entry["response"]["status"] for entry in peer.aimock.journal()] == [503, 529, 429, 200, 0, 200]
    assert [call.usable for call in peer.ledger.calls] == [False] * 5 + [True]


async def test_a_model_that_refuses_a_temperature_is_asked_without(peer: Peer) -> None:
    peer.aimock.answer({"error": REFUSED_TEMPERATURE, "status": 400}, {"sequenceIndex": 0})
    peer.aimock.answer(ANSWERED, {"sequenceIndex": 1})
    assert (await peer.ask()).verdict == "PASS"
    first, second = (entry["body"].get("temperature") for entry in peer.aimock.journal())
    assert (first, second) == (0.0, None)
