"""`openai:MODEL`: the OpenAI API, and anything compatible through OPENAI_BASE_URL."""

from collections.abc import Set
from typing import TYPE_CHECKING, Any

from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.errors import CallFailed, CallRejected, ModelError, RateLimited, UnusableJudge
from tasks.providers.openai_reply import reply_of
from tasks.providers.retry_after import seconds_to_wait

if TYPE_CHECKING:
    import openai

REQUEST_TIMEOUT, CONFLICT = 408, 409
TEMPERATURE = "temperature"
SHORTEST_KEY = 8  # a shorter one is a placeholder, which may be any word


class OpenAIProvider:
    """One client of the openai SDK, its own retries switched off."""

    name = "openai"
    free = False

    def __init__(self, model: str, timeout_seconds: float) -> None:
        """Make the client from the SDK's own environment variables (OPENAI_API_KEY, OPENAI_BASE_URL, ...).

        Raises:
            UnusableJudge: There is no model name or no key.
        """
        import openai

        if not model:
            raise UnusableJudge("judge 'openai:' names no model: write openai:MODEL, for example openai:gpt-5-mini")
        try:
            self._client = openai.AsyncOpenAI(
                max_retries=0, timeout=timeout_seconds, http_client=openai.DefaultAioHttpClient()
            )
        except openai.OpenAIError as error:
            raise UnusableJudge(
                f"judge 'openai:{model}' cannot be used: set OPENAI_API_KEY (any text for a local server without keys)"
            ) from error
        self.model = model
        self.base_url = str(self._client.base_url)
        self._refused_parameters: set[str] = set()

    async def complete(self, request: ModelRequest, item: str, method: str) -> ModelReply:
        """Make the call once; see `Provider.complete`. A model that refuses a temperature is asked without."""
        import openai

        left_out = frozenset(self._refused_parameters)
        try:
            body = await self._create(request, left_out)
        except openai.BadRequestError as error:
            if not refuses_temperature(error, request, left_out):
                raise as_model_error(error, self._client.api_key) from error
            self._refused_parameters.add(TEMPERATURE)
            return await self.complete(request, item, method)
        except openai.OpenAIError as error:
            raise as_model_error(error, self._client.api_key) from error
        return reply_of(body)

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()

    async def _create(self, request: ModelRequest, left_out: Set[str]) -> str:
        """The body of the reply, not parsed by the SDK, which takes anything for a completion.

        The SDK's own `post` carries the key, the time-out and the mapping of errors; `chat.completions.create` does no
        more, and walks every parameter, the schema included, at 1.4 ms of CPU a call.
        """
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.prompt}],
            "response_format": response_format(request),
        }
        body |= {name: value for name, value in request.parameters.items() if name not in left_out}
        return await self._client.post("/chat/completions", cast_to=str, body=body)


def response_format(request: ModelRequest) -> dict[str, Any]:
    """Structured output in strict mode (https://platform.openai.com/docs/guides/structured-outputs, 2026-11)."""
    schema = {"name": request.schema_name, "schema": request.answer_schema, "strict": True}
    return {"type": "json_schema", "json_schema": schema}


def refuses_temperature(error: "openai.BadRequestError", request: ModelRequest, left_out: Set[str]) -> bool:
    """Whether the model refused the temperature that this very call was sent with."""
    return error.param == TEMPERATURE and TEMPERATURE in request.parameters and TEMPERATURE not in left_out


def as_model_error(error: "openai.OpenAIError", key: str) -> ModelError:
    """Map an error of the SDK into our tree, without the key, which some servers repeat."""
    import openai

    told = str(error).replace(key, "***") if len(key) >= SHORTEST_KEY else str(error)
    if isinstance(error, openai.RateLimitError):
        return RateLimited(told, retry_after_seconds=seconds_to_wait(error.response.headers))
    if isinstance(error, openai.APIStatusError):
        retryable = error.status_code >= 500 or error.status_code in (REQUEST_TIMEOUT, CONFLICT)
        if not retryable:
            return CallRejected(told)
        return CallFailed(told, retry_after_seconds=seconds_to_wait(error.response.headers))
    cause = f" ({error.__cause__})" if error.__cause__ else ""
    return CallFailed(f"{type(error).__name__}: {told}{cause}")
