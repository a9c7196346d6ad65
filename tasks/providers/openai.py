"""`openai:MODEL`: the OpenAI API, and anything compatible through OPENAI_BASE_URL."""

from typing import TYPE_CHECKING, Any

from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.errors import (
    AnswerRefused,
    AnswerTruncated,
    CallFailed,
    CallRejected,
    ModelError,
    RateLimited,
    UnusableJudge,
)
from tasks.providers.retry_after import seconds_to_wait

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

REQUEST_TIMEOUT, CONFLICT, TOO_MANY_REQUESTS = 408, 409, 429


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

        try:
            completion = await self._create(request)
        except openai.BadRequestError as error:
            if not self._drop_refused_parameter(error, request):
                raise CallRejected(one_line(error)) from error
            return await self.complete(request, item, method)
        except openai.OpenAIError as error:
            raise as_model_error(error) from error
        except ValueError as error:  # a body that is not JSON leaves the SDK as a bare JSONDecodeError
            raise CallFailed(f"the reply is not JSON: {one_line(error)}") from error
        return reply_of(completion)

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()

    async def _create(self, request: ModelRequest) -> "ChatCompletion":
        import openai

        parameters: dict[str, Any] = {
            name: value for name, value in request.parameters.items() if name not in self._refused_parameters
        }
        return await self._client.chat.completions.create(
            model=request.model,
            messages=[{"role": "system", "content": request.system}, {"role": "user", "content": request.prompt}],
            response_format={
                "type": "json_schema",
                "json_schema": {"name": request.schema_name, "schema": dict(request.answer_schema), "strict": True},
            },
            temperature=parameters.get("temperature", openai.omit),
            max_completion_tokens=parameters.get("max_completion_tokens", openai.omit),
        )

    def _drop_refused_parameter(self, error: "openai.BadRequestError", request: ModelRequest) -> bool:
        name = error.param
        refused = name in request.parameters and name not in self._refused_parameters and name == "temperature"
        if refused and name is not None:
            self._refused_parameters.add(name)
        return refused


def reply_of(completion: "ChatCompletion") -> ModelReply:
    """The answer of a completion.

    Raises:
        ModelError: It was refused, cut off or is empty.
    """
    usage = completion.usage
    tokens_in, tokens_out = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
    if not completion.choices:
        raise CallFailed("the reply has no choices")
    choice = completion.choices[0]
    text = choice.message.content or ""
    reply = ModelReply(text=text, tokens_in=tokens_in, tokens_out=tokens_out)
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise AnswerRefused(choice.message.refusal or "stopped by the content filter", reply)
    if choice.finish_reason == "length":
        raise AnswerTruncated(f"cut off after {tokens_out} tokens: raise EVALFLOWS_MAX_OUTPUT_TOKENS", reply)
    if not text.strip():
        raise CallFailed("the answer is empty", reply=reply)
    return reply


def as_model_error(error: "openai.OpenAIError") -> ModelError:
    """Map an error of the SDK into our tree."""
    import openai

    if isinstance(error, openai.RateLimitError):
        return RateLimited(one_line(error), retry_after_seconds=seconds_to_wait(error.response.headers))
    if isinstance(error, openai.APIStatusError):
        retryable = error.status_code >= 500 or error.status_code in (REQUEST_TIMEOUT, CONFLICT)
        if not retryable:
            return CallRejected(one_line(error))
        return CallFailed(one_line(error), retry_after_seconds=seconds_to_wait(error.response.headers))
    return CallFailed(f"{type(error).__name__}: {one_line(error)}")


def one_line(error: Exception) -> str:
    """The error's text on one line, at most 500 characters."""
    return " ".join(str(error).split())[:500]
