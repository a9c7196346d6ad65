"""`openai:MODEL`: the OpenAI API, and whatever speaks its chat protocol."""

from settings import Settings
from tasks.providers.environment import check_model, check_url, needed, variable
from tasks.providers.openai_api.protocol import ChatProvider

OPENAI_URL = "https://api.openai.com/v1"


class OpenAIProvider(ChatProvider):
    """OpenAI, or another server of its chat protocol at OPENAI_BASE_URL.

    Such as vLLM (http://HOST:8000/v1), LM Studio (http://HOST:1234/v1), a gateway. A server without keys takes any
    text as OPENAI_API_KEY. Also read, by the SDK: OPENAI_ORG_ID, OPENAI_PROJECT_ID, and OPENAI_CUSTOM_HEADERS, which
    has one `Name: value` a line.
    """

    name = "openai"

    def __init__(self, model: str, settings: Settings) -> None:
        """Nothing is sent yet.

        Raises:
            UnusableJudge: There is no model name or no key, or the base URL or a header is none.
        """
        import openai

        check_model(self.name, model, "gpt-5-mini")
        judge = f"{self.name}:{model}"
        client = openai.AsyncOpenAI(
            api_key=needed(judge, "OPENAI_API_KEY", " (any text for a local server without keys)"),
            base_url=check_url(judge, "OPENAI_BASE_URL", variable("OPENAI_BASE_URL") or OPENAI_URL),
            max_retries=0,
            timeout=None,
            http_client=openai.DefaultAioHttpClient(),
        )
        super().__init__(model, client, settings)
