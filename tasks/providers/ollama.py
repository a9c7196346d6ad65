"""`ollama:MODEL`: an Ollama server, through its OpenAI-compatible endpoint."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from settings import Settings
from tasks.providers.environment import check_model, check_url, variable
from tasks.providers.openai_api.protocol import ChatProvider

USUAL_PORT = 11434


class OllamaProvider(ChatProvider):
    """A model of the server at OLLAMA_HOST (http://127.0.0.1:11434 where it is not set).

    A prompt that is longer than the server's context is cut by it without a word: give it a context that holds
    EVALFLOWS_WINDOW_CHARACTERS with the answer (OLLAMA_CONTEXT_LENGTH, set where the server runs). It takes images as
    data URLs only. Fields: https://docs.ollama.com/api/openai-compatibility (2026-11); a limit of output tokens by any
    name but max_tokens is ignored.
    """

    name = "ollama"
    free = True
    limit_name = "max_tokens"

    def __init__(self, model: str, settings: Settings) -> None:
        """Nothing is sent yet.

        Raises:
            UnusableJudge: There is no model name, or OLLAMA_HOST is no server.
        """
        import openai

        check_model(self.name, model, "qwen3:8b")
        client = openai.AsyncOpenAI(
            api_key=variable("OLLAMA_API_KEY") or "ollama",  # the SDK wants one, a server of your own ignores it
            base_url=server_url(f"{self.name}:{model}", variable("OLLAMA_HOST") or "") + "/v1",
            max_retries=0,
            timeout=None,
            http_client=openai.DefaultAioHttpClient(),
        )
        super().__init__(model, client, settings)


def server_url(judge: str, host: str) -> str:
    """Where the server of an OLLAMA_HOST is reached: scheme, host and port may each be missing.

    An address that means every interface, which only a server can use, stands for this machine.

    Raises:
        UnusableJudge: It is no server.
    """
    scheme, _, place = host.rpartition("://")
    place = reachable(place)
    if not place or place.startswith((":", "/")):
        place = f"127.0.0.1{place}"
    parts = urlsplit(check_url(judge, "OLLAMA_HOST", f"{scheme or 'http'}://{place}"))
    port = parts.port or {"": USUAL_PORT, "http": 80, "https": 443}[scheme]
    return f"{parts.scheme}://{reachable(parts.hostname or '')}:{port}{parts.path.rstrip('/')}"


def reachable(host: str) -> str:
    """The host as it stands in a URL, every interface replaced by the loopback address of its kind."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return host if address.version == 4 else f"[{host}]"
