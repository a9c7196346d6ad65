"""Errors that only the Messages API has, and what they are called; the rest is in the contract of every provider."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tasks.providers.errors import AccessRefused, CallFailed, CallRejected, ModelError, RateLimited
from tests.servers.local_anthropic import LocalAnthropic, error
from tests.tasks.providers.anthropic_calls import ask, end_of, serve

SPEND_LIMIT = "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
CREDIT = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."
FEDERATION = {
    "ANTHROPIC_FEDERATION_RULE_ID": "fdrl_test",
    "ANTHROPIC_ORGANIZATION_ID": "00000000-0000-0000-0000-000000000000",
}
AWAY = "https://127.0.0.1:9"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAnthropic]:
    yield from serve(monkeypatch)


@pytest.mark.parametrize(
    ("status", "message", "code", "kind"),
    [
        (400, CREDIT, None, AccessRefused),
        (400, SPEND_LIMIT, None, AccessRefused),
        (400, SPEND_LIMIT.replace("API", "workspace API"), None, AccessRefused),
        (400, "This organization has been disabled.", None, AccessRefused),
        (400, "Your organization is on hold.", "organization_on_hold", AccessRefused),
        (400, "max_tokens: too large", None, CallRejected),
        (402, "linked", "linked_organization_spend_limit_reached", AccessRefused),
        (413, "Request exceeds the maximum size", None, CallRejected),
        (429, "You have reached your API usage limits", "enforced_spend_limit_reached", AccessRefused),
        (429, "You have reached your API usage limits", "contract_spend_limit_reached", AccessRefused),
        (429, "slower", "ramp_limit_exceeded", RateLimited),
        (504, "timed out", None, CallFailed),
        (529, "Overloaded", None, CallFailed),
    ],
)
async def test_what_no_later_try_will_change_is_no_access(
    status: int, message: str, code: str | None, kind: type[ModelError], server: LocalAnthropic
) -> None:
    details = {"details": {"error_code": code}} if code else {}
    found = await end_of(server, lambda number, body: error(status, message, **details))
    assert type(found) is kind
    assert message[:20] in str(found)


async def test_a_message_that_is_no_text_is_told_all_the_same(server: LocalAnthropic) -> None:
    odd: dict[str, Any] = {"type": "error", "error": {"type": 7, "message": {"temperature": [1]}, "details": []}}
    found = await end_of(server, lambda number, body: web.json_response(odd, status=403))
    assert type(found) is AccessRefused


async def test_a_page_in_the_place_of_an_error_is_told_with_its_status(server: LocalAnthropic) -> None:
    found = await end_of(server, lambda number, body: web.Response(text="<h1>Bad gateway</h1>", status=502))
    assert str(found) == "Error code: 502 - <h1>Bad gateway</h1>"


async def test_what_a_gateway_is_told_in_headers_of_its_own_stands_in_no_error(
    server: LocalAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Gateway-Key: key-of-a-gateway\nProxy-Auth: Basic c2VjcmV0cw==")
    found = await end_of(server, lambda number, body: error(403, "not with key-of-a-gateway nor c2VjcmV0cw=="))
    assert "not with *** nor ***" in str(found)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer that comes one byte at a time, until the caller is gone."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    with suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What is no HTTP."""
    writer.write(b"220 mail.example.com ESMTP\r\n")
    writer.close()


@pytest.mark.parametrize(
    ("speak", "told"),
    [(drip, r"no answer within 0\.3 seconds \(EVALFLOWS_CALL_TIMEOUT_SECONDS\)"), (babble, "APIConnectionError")],
)
@pytest.mark.usefixtures("server")
async def test_a_server_that_drips_or_speaks_something_else_is_worth_another_try(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listening = await asyncio.start_server(speak, "127.0.0.1", 0)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
    with pytest.raises(CallFailed, match=told) as caught:
        await ask(call_timeout_seconds=0.3)
    assert type(caught.value) is CallFailed
    listening.close()
    await listening.wait_closed()


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("token", "kind"),
    [("a.b.c", CallFailed), (None, AccessRefused)],
    ids=["the token's server is away", "no token to show"],
)
async def test_a_token_that_cannot_be_had_is_told_as_what_it_is(
    token: str | None, kind: type[ModelError], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    file = tmp_path / "token"
    if token:
        file.write_text(token, "utf-8")
    for name, value in {**FEDERATION, "ANTHROPIC_IDENTITY_TOKEN_FILE": str(file), "ANTHROPIC_BASE_URL": AWAY}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ModelError) as caught:
        await ask()
    assert type(caught.value) is kind
