"""What `anthropic:MODEL` takes from the environment: keys, tokens, headers, the URL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.providers.anthropic import AnthropicProvider
from tasks.providers.errors import UnusableJudge
from tests.servers.catalog import KEY
from tests.servers.local_anthropic import LocalAnthropic
from tests.tasks.providers.anthropic_calls import ANSWER, ask, serve
from tests.tasks.providers.questions import quick_settings


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAnthropic]:
    yield from serve(monkeypatch)


async def test_a_call_carries_what_the_sdk_sends_by_itself(
    server: LocalAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "anthropic-beta: some-beta\nX-Gateway: blue")
    await ask()
    sent = {name.lower(): value for name, value in server.headers[0].items()}
    assert sent["authorization"] == f"Bearer {KEY}"
    assert sent["content-type"] == "application/json"
    assert (sent["anthropic-beta"], sent["x-gateway"]) == ("some-beta", "blue")


@pytest.mark.parametrize(
    "environment",
    [
        {"ANTHROPIC_AUTH_TOKEN": "a-token-of-a-test"},
        {"ANTHROPIC_CUSTOM_HEADERS": "x-api-key: a-key-of-a-gateway"},
        {"ANTHROPIC_CUSTOM_HEADERS": "authorization: Bearer a-token-of-a-gateway"},
    ],
)
async def test_a_token_or_a_header_does_for_a_key(
    environment: dict[str, str], server: LocalAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (await ask()).text == ANSWER


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ANTHROPIC_BASE_URL", "localhost:8080", "ANTHROPIC_BASE_URL: 'localhost:8080' is no http or https URL"),
        ("ANTHROPIC_BASE_URL", "http://a:port", "ANTHROPIC_BASE_URL: 'http://a:port' is no http or https URL"),
        ("ANTHROPIC_PROFILE", "missing", "Config file not found"),
        ("ANTHROPIC_CUSTOM_HEADERS", "X-Note: caf\u00e9", "the header X-Note"),
        ("ANTHROPIC_API_KEY", "a\nkey", "the header Authorization"),
    ],
)
def test_an_environment_that_cannot_be_used_is_told_before_the_first_call(
    name: str, value: str, told: str, server: LocalAnthropic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    if name == "ANTHROPIC_PROFILE":
        monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv(name, value)
    with pytest.raises(UnusableJudge) as caught:
        AnthropicProvider("small", quick_settings())
    assert str(caught.value).startswith("judge 'anthropic:small' cannot be used: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("http://me:secret-word@gateway.test/claude?a=b", "http://gateway.test/claude"),
        (" http://gateway.test ", "http://gateway.test"),
        ("", "https://api.anthropic.com"),
    ],
)
async def test_a_url_is_kept_without_a_password_and_an_empty_one_is_none(
    value: str, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", value)
    provider = AnthropicProvider("small", quick_settings())
    await provider.close()
    assert provider.base_url == kept
