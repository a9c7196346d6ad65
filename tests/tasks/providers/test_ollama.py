"""`ollama:MODEL` through the real SDK: where the server is, and what it is sent."""

from collections.abc import Iterator

import pytest

from tasks.providers.errors import AccessRefused, UnusableJudge
from tasks.providers.ollama import OllamaProvider, server_url
from tests.servers.catalog import environment_of
from tests.servers.local_ollama import LocalOllama
from tests.tasks.providers.questions import quick_settings, request_for


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalOllama]:
    """A server, and the environment that points to it."""
    server = LocalOllama(answer=lambda title, prompt: {"verdict": "PASS"})
    server.start()
    for name, value in environment_of("ollama", server).items():
        monkeypatch.setenv(name, value)
    yield server
    server.stop()


async def test_the_limit_of_output_tokens_has_the_name_that_is_not_ignored(ollama: LocalOllama) -> None:
    provider = OllamaProvider("small", quick_settings())
    reply = await provider.complete(request_for(), "t1", "correctness")
    await provider.close()
    assert (reply.text, reply.tokens_in, reply.tokens_cached) == ('{"verdict": "PASS"}', 100, 0)
    (body,) = ollama.requests
    assert (body["max_tokens"], "max_completion_tokens" in body) == (100, False)
    assert (provider.free, provider.base_url) == (True, f"http://{ollama.root_url}/v1/")


async def test_a_model_that_was_not_pulled_is_told(ollama: LocalOllama) -> None:
    provider = OllamaProvider("large", quick_settings())
    with pytest.raises(AccessRefused, match="model 'large' not found"):
        await provider.complete(request_for(model="large"), "t1", "correctness")
    await provider.close()


async def test_the_key_of_openai_stays_at_home(ollama: LocalOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-seen")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    provider = OllamaProvider("small", quick_settings())
    await provider.complete(request_for(), "t1", "correctness")
    await provider.close()
    assert "sk-not-to-be-seen" not in str(ollama.headers)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("box", "http://box:11434"),
        ("box:80", "http://box:80"),
        (":8080", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:11434"),
        ("[::]:8080", "http://[::1]:8080"),
        ("[fe80::7]", "http://[fe80::7]:11434"),
        ("http://box", "http://box:80"),
        ("https://box/", "https://box:443"),
        ("https://box:8443/under/", "https://box:8443/under"),
    ],
)
def test_a_host_is_read_as_ollama_reads_it(host: str, url: str) -> None:
    assert server_url("ollama:small", host) == url


@pytest.mark.parametrize("host", ["box:http", "ftp://box", "[box", "box:99999"])
def test_a_host_that_is_none_is_named(host: str) -> None:
    with pytest.raises(UnusableJudge, match=r"^judge 'ollama:small' cannot be used: OLLAMA_HOST"):
        server_url("ollama:small", host)
