"""The client of the google-genai SDK, from the environment variables that the SDK reads."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

from tasks.providers.environment import check_headers, check_url, variable
from tasks.providers.errors import UnusableJudge

if TYPE_CHECKING:
    import aiohttp
    from google import genai

PUBLIC_ADDRESS = "https://generativelanguage.googleapis.com/"
API_VERSION = "v1beta"
"""Unless GOOGLE_GENAI_API_VERSION is set: v1, the SDK's own, lacks the names of the newest models (its README, 3.4)."""


def uses_vertex() -> bool:
    """Whether the environment asks for Google Cloud, read as the SDK reads it."""
    asked = variable("GOOGLE_GENAI_USE_ENTERPRISE") or variable("GOOGLE_GENAI_USE_VERTEXAI") or ""
    return asked.lower() in ("true", "1")


def check_environment(judge: str, *, vertex: bool) -> None:
    """Refuse what no call can be made with; credentials of Google Cloud are looked for at the first call.

    Raises:
        UnusableJudge: There is no key, or one that cannot be sent, or the base URL is none.
    """
    if url := base_url(vertex=vertex):
        check_url(judge, url_variable(vertex=vertex), url)
    if key := api_key():
        check_headers(judge, {"x-goog-api-key": key})
    elif not vertex:
        raise UnusableJudge(
            f"judge {judge!r} cannot be used: set GEMINI_API_KEY (any text for a local server without keys)"
        )


@dataclass(frozen=True)
class Connection:
    """The SDK's client, and the session it sends through."""

    client: "genai.Client"
    session: "aiohttp.ClientSession"

    async def close(self) -> None:
        """Close both."""
        await self.client.aio.aclose()
        self.client.close()
        await self.session.close()


async def connect(*, vertex: bool) -> Connection:
    """A client that makes one attempt per call, from the environment variables that the SDK reads.

    The session is our own: the SDK makes one of a class that aiohttp warns of.

    Raises:
        GoogleAuthError: There are no credentials of Google Cloud.
        ValueError: There is no project of Google Cloud.
    """
    import aiohttp
    from google import genai
    from google.auth.exceptions import GoogleAuthError
    from google.genai import types

    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), trust_env=True)
    options = types.HttpOptions(
        aiohttp_client=session,
        api_version=None if vertex or variable("GOOGLE_GENAI_API_VERSION") else API_VERSION,
        retry_options=types.HttpRetryOptions(attempts=1),
    )
    try:
        return Connection(genai.Client(vertexai=vertex, http_options=options), session)
    except (GoogleAuthError, ValueError):
        await session.close()
        raise


def address_of(*, vertex: bool) -> str:
    """Where calls go, without what may be secret in a URL; on Google Cloud, whose project pays."""
    if url := base_url(vertex=vertex):
        parts = urlsplit(url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    if not vertex:
        return PUBLIC_ADDRESS
    project, location = variable("GOOGLE_CLOUD_PROJECT"), variable("GOOGLE_CLOUD_LOCATION") or "global"
    return f"https://aiplatform.googleapis.com/projects/{project or '-'}/locations/{location}"


def secrets_of(*, vertex: bool) -> frozenset[str]:
    """What must not stand in a message: the key and what the base URL holds, also as URLs spell it."""
    parts = urlsplit(base_url(vertex=vertex) or "")
    secrets = {api_key(), parts.password, *(value for _, value in parse_qsl(parts.query))}
    plain = {secret for secret in secrets if secret}
    return frozenset(spelled for secret in plain for spelled in (secret, quote(secret), quote(secret, safe="")))


def api_key() -> str | None:
    """The key that the SDK takes."""
    return variable("GOOGLE_API_KEY") or variable("GEMINI_API_KEY")


def base_url(*, vertex: bool) -> str | None:
    """The base URL that the SDK takes; None means Google's own."""
    return variable(url_variable(vertex=vertex))


def url_variable(*, vertex: bool) -> str:
    """What the variable of the base URL is called."""
    return "GOOGLE_VERTEX_BASE_URL" if vertex else "GOOGLE_GEMINI_BASE_URL"
