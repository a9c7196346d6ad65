"""`azure:DEPLOYMENT` through the real SDK: both APIs of Azure, keys and tokens, and its filter."""

import re
from collections.abc import Iterator

import pytest

from tasks.providers.azure import AzureProvider
from tasks.providers.errors import AccessRefused, AnswerRefused, UnusableJudge
from tests.servers.catalog import environment_of
from tests.servers.local_azure import LocalAzure, filtered_prompt
from tests.tasks.providers.questions import quick_settings, request_for


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAzure]:
    """A server, and the environment that points to it."""
    server = LocalAzure(answer=lambda title, prompt: {"verdict": "PASS"})
    server.start()
    for name, value in environment_of("azure", server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AZURE_OPENAI_AD_TOKEN", raising=False)
    yield server
    server.stop()


async def ask(model: str = "small") -> str:
    """The answer to one call."""
    provider = AzureProvider(model, quick_settings())
    try:
        return (await provider.complete(request_for(model=model), "t1", "correctness")).text
    finally:
        await provider.close()


async def test_the_deployment_goes_into_the_path_and_the_key_into_its_own_header(azure: LocalAzure) -> None:
    assert await ask() == '{"verdict": "PASS"}'
    assert azure.paths == ["/openai/deployments/small/chat/completions?api-version=2025-04-01-preview"]
    assert azure.headers[0]["api-key"] == "test-key-for-a-local-server"
    assert "Authorization" not in azure.headers[0]


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_api_without_versions_is_openais(
    slash: str, azure: LocalAzure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{azure.root_url}openai/v1{slash}")
    monkeypatch.delenv("OPENAI_API_VERSION")
    assert await ask() == '{"verdict": "PASS"}'
    assert azure.paths == ["/openai/v1/chat/completions"]
    assert azure.headers[0]["Authorization"] == "Bearer test-key-for-a-local-server"


@pytest.mark.parametrize("path", ["", "openai/v1/"])
async def test_a_token_goes_before_the_key(path: str, azure: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.root_url + path)
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "token-of-a-test")
    await ask()
    assert azure.headers[0]["Authorization"] == "Bearer token-of-a-test"
    assert "api-key" not in azure.headers[0]


@pytest.mark.parametrize("secret", ["AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"])
async def test_neither_key_nor_token_stands_in_an_error(
    secret: str, azure: LocalAzure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(secret, "not-to-be-seen")
    azure.behaviour = lambda number, body: azure.error(401, "not-to-be-seen is wrong")
    with pytest.raises(AccessRefused, match=re.escape("*** is wrong")):
        await ask()


async def test_a_deployment_that_is_not_there_is_told(azure: LocalAzure) -> None:
    with pytest.raises(AccessRefused, match="deployment for this resource does not exist"):
        await ask("unheard-of")


async def test_a_prompt_that_the_filter_stops_is_refused(azure: LocalAzure) -> None:
    azure.behaviour = lambda number, body: filtered_prompt()
    with pytest.raises(AnswerRefused, match="content management policy"):
        await ask()
    assert azure.calls == 1


@pytest.mark.parametrize("missing", ["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY", "OPENAI_API_VERSION"])
def test_what_is_missing_is_named(missing: str, azure: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(UnusableJudge, match=f"^judge 'azure:small' cannot be used: set {missing}"):
        AzureProvider("small", quick_settings())


def test_an_endpoint_that_is_no_url_is_named(azure: LocalAzure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "my-resource")
    with pytest.raises(UnusableJudge, match="AZURE_OPENAI_ENDPOINT: 'my-resource' is no http or https URL"):
        AzureProvider("small", quick_settings())
