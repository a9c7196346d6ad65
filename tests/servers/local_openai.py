"""A local server that speaks the OpenAI chat protocol, refuses what the API refuses, and judges plainly.

`python -m tests.servers.local_openai PORT LATENCY_SECONDS` serves until it is stopped.
"""

import asyncio
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

from aiohttp import web
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming

from tests.servers.base import Asked, Behaviour, Billed, Body, CutOff, Ending, LocalModelServer
from tests.servers.openai_schema import problem_of_schema
from tests.servers.plain_answers import judge_plainly
from tests.servers.sdk_types import problem_of

__all__ = ["Behaviour", "CutOff", "LocalOpenAI", "completion", "error", "judge_plainly"]

FINISH = {"stop": "stop", "length": "length", "refusal": "stop", "content_filter": "content_filter"}
CODES = {
    400: "invalid_request_error",
    401: "invalid_api_key",
    404: "model_not_found",
    429: "rate_limit_exceeded",
    500: "server_error",
}
HOTTEST = 2


@dataclass
class LocalOpenAI(LocalModelServer):
    """`POST /v1/chat/completions`."""

    reasoning_model: ClassVar[str | None] = "o-test"

    @property
    def root_url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.port}/v1"

    def add_routes(self, app: web.Application) -> None:
        """The one path that is used."""
        app.router.add_post("/v1/chat/completions", self.respond)

    def refuse(self, request: web.Request, body: Body) -> web.Response | None:
        """No key 401, what the API would not take 400."""
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            return self.error(401, "You didn't provide an API key.")
        return self.refuse_body(body)

    def refuse_body(self, body: Body) -> web.Response | None:
        """What the API would not take, whoever asks."""
        if problem := problem_of(body, CompletionCreateParamsNonStreaming):
            return self.error(400, f"Invalid request: {problem}")
        if refused := problem_of_parameters(body, self.reasoning_model):
            parameter, problem = refused
            return error(400, "unsupported_value", problem, param=parameter)
        return None

    def read(self, body: Body) -> Asked:
        """What the messages, the response format and the parameters say."""
        said = [(message["role"], *text_and_images(message["content"])) for message in body["messages"]]
        response_format = body.get("response_format", {})
        return Asked(
            system="".join(text for role, text, _ in said if role in ("system", "developer")),
            turns=tuple((role, text) for role, text, _ in said if role in ("user", "assistant")),
            images=tuple(image for _, _, images in said for image in images),
            schema=response_format.get("json_schema", {}).get("schema", {}),
            max_output_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
            temperature=body.get("temperature"),
            seed=body.get("seed"),
        )

    def completion(self, text: str, body: Body, ending: Ending = "stop") -> web.Response:
        """A chat completion as the API sends it."""
        content, refusal = ("", text) if ending == "refusal" else (text, None)
        return completion(content, body["model"], FINISH[ending], refusal, self.billed)

    def error(self, status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
        """An error as the API sends it."""
        return error(status, CODES.get(status, "error"), message, headers)


def text_and_images(content: str | list[Body]) -> tuple[str, tuple[str, ...]]:
    """The text of a message, and the URLs of the images in it."""
    if isinstance(content, str):
        return content, ()
    text = "".join(part["text"] for part in content if part["type"] == "text")
    return text, tuple(part["image_url"]["url"] for part in content if part["type"] == "image_url")


def problem_of_parameters(body: Body, reasoning_model: str | None) -> tuple[str, str] | None:
    """The parameter that the API would not take, and what it says; the types are checked before."""
    if not body["messages"]:
        return "messages", "Invalid 'messages': empty array"
    if not 0 <= body.get("temperature", 0) <= HOTTEST:
        return "temperature", f"Invalid 'temperature': expected a value between 0 and {HOTTEST}"
    if body.get("max_completion_tokens", 1) < 1:
        return "max_completion_tokens", "Invalid 'max_completion_tokens': integer below minimum value"
    if body["model"] == reasoning_model:
        if body.get("temperature", 1) != 1:
            return "temperature", "Unsupported value: 'temperature' does not support 0 with this model"
        if "max_tokens" in body:
            return "max_tokens", "Unsupported parameter: use 'max_completion_tokens' instead"
    elif {"max_tokens", "max_completion_tokens"} <= body.keys():
        return "max_tokens", "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported"
    return problem_of_format(body.get("response_format", {}))


def problem_of_format(response_format: Body) -> tuple[str, str] | None:
    """What the API would not take about structured output."""
    schema = response_format.get("json_schema")
    if not schema:
        return None
    name = schema["name"]
    if not name or len(name) > 64 or not name.replace("_", "").replace("-", "").isalnum():
        return "response_format", f"Invalid 'response_format.json_schema.name': {name!r}"
    problem = problem_of_schema(schema.get("schema", {})) if schema.get("strict") else None
    return ("response_format", problem) if problem else None


def completion(
    text: str, model: str, finish_reason: str = "stop", refusal: str | None = None, billed: Billed | None = None
) -> web.Response:
    """A chat completion as the API sends it."""
    billed = billed or Billed()
    message = {"role": "assistant", "content": text, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": None}
    return web.json_response(
        {
            "id": "chatcmpl-local",
            "object": "chat.completion",
            "created": 1767225600,
            "model": f"{model}-2026-01-01",
            "choices": [choice],
            "usage": {
                "prompt_tokens": billed.tokens_in,
                "completion_tokens": billed.tokens_out,
                "total_tokens": billed.tokens_in + billed.tokens_out,
                "prompt_tokens_details": {"cached_tokens": billed.tokens_cached},
                "completion_tokens_details": {"reasoning_tokens": billed.tokens_reasoning},
            },
        }
    )


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None, **more: Any) -> web.Response:
    """An error as the API sends it."""
    body = {"error": {"message": message, "type": code, "code": code, "param": None, **more}}
    return web.json_response(body, status=status, headers=headers)


async def main(port: int, latency_seconds: float) -> None:
    """Serve until stopped."""
    await LocalOpenAI(latency_seconds=latency_seconds, keep_requests=False).serve(port)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
