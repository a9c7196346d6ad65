"""Our providers against aimock, which others wrote: what is asked arrives there, what it answers is understood."""

import asyncio
from typing import Any

import pytest

from tests.servers.aimock.peer import CHAT_PEERS, MODEL, Peer
from tests.tasks.providers.questions import Verdict, ask_about

SAID = "caf\u00e9 \U0001f600"
ANSWERED: dict[str, Any] = {"content": {"verdict": SAID}, "usage": {"input_tokens": 100, "output_tokens": 20}}


async def test_a_verdict_is_asked_for_and_read_and_its_cost_is_kept(peer: Peer) -> None:
    peer.aimock.answer(ANSWERED, {"userMessage": "Thread t1.", "systemMessage": "Judge.", "model": MODEL})
    assert await peer.ask() == Verdict(verdict=SAID)
    (call,) = peer.ledger.calls
    assert (call.usable, call.tokens_in, call.tokens_out) == (True, 100, 20)
    assert call.response == f'{{"verdict":"{SAID}"}}'


async def test_what_was_asked_stands_in_the_journal(peer: Peer) -> None:
    peer.aimock.answer(ANSWERED)
    await peer.ask(f"t1 {SAID}", max_output_tokens=123, temperature=0.25)
    (asked,) = peer.aimock.journal()
    body = asked["body"]
    assert (asked["method"], asked["path"]) == ("POST", peer.speaks.path)
    assert body["messages"] == [
        {"role": "system", "content": "Judge."},
        {"role": "user", "content": f"Thread t1 {SAID}."},
    ]
    assert (body["model"], body["temperature"], body[peer.speaks.limit]) == (MODEL, 0.25, 123)
    assert not body.get("stream")


@pytest.mark.parametrize("peer", CHAT_PEERS, indirect=True)
async def test_the_schema_of_the_answer_stands_in_the_journal(peer: Peer) -> None:
    peer.aimock.answer(ANSWERED, {"responseFormat": "json_schema"})
    await peer.ask()
    told = peer.aimock.journal()[0]["body"]["response_format"]["json_schema"]
    assert told == {"name": "Verdict", "strict": True, "schema": Verdict.model_json_schema()}


async def test_an_answer_that_does_not_fit_is_asked_for_again_in_the_same_conversation(peer: Peer) -> None:
    peer.aimock.answer({"content": {"opinion": "good"}}, {"turnIndex": 0})
    peer.aimock.answer(ANSWERED, {"turnIndex": 1, "userMessage": "does not fit the schema"})
    assert (await peer.ask()).verdict == SAID
    _, repair = peer.aimock.journal()
    assert [turn["role"] for turn in repair["body"]["messages"]] == ["system", "user", "assistant", "user"]
    assert repair["body"]["messages"][2]["content"] == '{"opinion":"good"}'


async def test_what_was_thought_is_no_part_of_the_answer(peer: Peer) -> None:
    peer.aimock.answer({**ANSWERED, "reasoning": "Let me see. {"})
    assert (await peer.complete()).text == f'{{"verdict":"{SAID}"}}'


async def test_who_answered_is_read_where_it_is_told(peer: Peer) -> None:
    peer.aimock.answer({**ANSWERED, "model": "small-2026-11-01"})
    assert (await peer.complete()).served_model == ("small-2026-11-01" if peer.speaks.model else None)


async def test_many_are_asked_at_once_over_a_few_connections(peer: Peer) -> None:
    peer.aimock.answer(ANSWERED)
    async with peer.client(concurrency=8) as client:
        verdicts = await asyncio.gather(*(client(ask_about(f"t{number}")) for number in range(40)))
    assert verdicts == [Verdict(verdict=SAID)] * 40
    asked = {entry["body"]["messages"][-1]["content"] for entry in peer.aimock.journal()}
    assert asked == {f"Thread t{number}." for number in range(40)}
