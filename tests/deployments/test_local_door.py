"""The door before the Prefect server: who may come in, what counts as use."""

import asyncio
from typing import Any

import pytest

from deployments.local.door import Door, Message, Receive, Send

LOCAL = [(b"host", b"127.0.0.1:4280")]


class Application:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.seen: list[str] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.seen.append(scope["type"])
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})


async def pass_door(door: Door, kind: str = "http", **scope: Any) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": f"{kind}.disconnect"}

    whole: Message = {"type": kind, "path": "/api/health", "headers": LOCAL, "method": "GET", **scope}
    await door(whole, receive, send)
    return sent


async def test_an_open_request_or_websocket_counts_as_use_until_it_ends() -> None:
    application = Application()
    door = Door(application, "token")
    assert door.idle_seconds() > 0
    async with asyncio.TaskGroup() as group:
        group.create_task(pass_door(door))
        group.create_task(pass_door(door, "websocket"))
        await asyncio.sleep(0.01)
        assert application.seen == ["http", "websocket"]
        assert door.idle_seconds() == 0
        application.may_answer.set()
    assert door.idle_seconds() > 0


@pytest.mark.parametrize(("method", "counts"), [("POST", True), ("GET", False)])
async def test_knocking_to_use_the_server_counts_and_looking_does_not(method: str, counts: bool) -> None:
    door = Door(Application(), "token")
    await asyncio.sleep(0.05)
    before = door.idle_seconds()
    sent = await pass_door(door, path="/evalflows/token", method=method)
    assert sent[0]["status"] == 204
    assert (door.idle_seconds() < before) is counts


async def test_a_knock_with_another_token_is_not_answered_by_the_door() -> None:
    application = Application()
    application.may_answer.set()
    sent = await pass_door(Door(application, "token"), path="/evalflows/other", method="POST")
    assert application.seen == ["http"]
    assert sent[0]["status"] != 204


async def test_a_closed_door_sends_callers_away() -> None:
    door = Door(Application(), "token")
    door.close()
    sent = await pass_door(door, path="/evalflows/token", method="POST")
    assert sent[0]["status"] == 503


async def test_a_websocket_from_another_site_is_closed() -> None:
    application = Application()
    sent = await pass_door(
        Door(application, "token"), "websocket", headers=[*LOCAL, (b"origin", b"https://example.com")]
    )
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert application.seen == []
