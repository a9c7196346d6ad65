"""`azure:DEPLOYMENT`: Azure OpenAI.

Source: https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle (2026-11).
"""

from typing import TYPE_CHECKING

from settings import Settings
from tasks.providers.environment import check_model, check_url, needed, variable
from tasks.providers.openai_api.protocol import ChatProvider

if TYPE_CHECKING:
    import openai


class AzureProvider(ChatProvider):
    """A deployment of the resource at AZURE_OPENAI_ENDPOINT.

    https://RESOURCE.openai.azure.com/ is the API with versions: OPENAI_API_VERSION names one. With /openai/v1/ at its
    end it is the one without. AZURE_OPENAI_AD_TOKEN goes before AZURE_OPENAI_API_KEY, as in the SDK, which also reads
    OPENAI_CUSTOM_HEADERS, one `Name: value` a line.
    """

    name = "azure"

    def __init__(self, model: str, settings: Settings) -> None:
        """Nothing is sent yet.

        Raises:
            UnusableJudge: There is no deployment's name, endpoint, API version, token or key, or one of them is none.
        """
        check_model(self.name, model, "my-deployment")
        judge = f"{self.name}:{model}"
        endpoint = check_url(judge, "AZURE_OPENAI_ENDPOINT", needed(judge, "AZURE_OPENAI_ENDPOINT")).rstrip("/")
        token = variable("AZURE_OPENAI_AD_TOKEN")
        key = None if token else needed(judge, "AZURE_OPENAI_API_KEY", " or AZURE_OPENAI_AD_TOKEN")
        if endpoint.endswith("/openai/v1"):
            client = unversioned_client(endpoint, token or key)
        else:
            client = versioned_client(endpoint, needed(judge, "OPENAI_API_VERSION"), token, key)
        super().__init__(model, client, settings)


def unversioned_client(endpoint: str, key: str | None) -> "openai.AsyncOpenAI":
    """The API since August 2025: OpenAI's own, with the key or the token as bearer."""
    import openai

    return openai.AsyncOpenAI(
        api_key=key, base_url=endpoint, max_retries=0, timeout=None, http_client=openai.DefaultAioHttpClient()
    )


def versioned_client(endpoint: str, version: str, token: str | None, key: str | None) -> "openai.AsyncOpenAI":
    """The API with versions; the SDK puts the body's `model` into the path, as the deployment."""
    import openai

    return openai.AsyncAzureOpenAI(
        azure_endpoint=endpoint,
        api_version=version,
        azure_ad_token=token,
        api_key=key,
        max_retries=0,
        timeout=None,
        http_client=openai.DefaultAioHttpClient(),
    )
