"""A local server that speaks the OpenAI-compatible endpoint of Ollama (its openai/openai.go, 2026-08)."""

from dataclasses import dataclass
from typing import ClassVar

from aiohttp import web

from tests.servers.base import Billed, Body, Ending
from tests.servers.local_openai import FINISH, LocalOpenAI

FIELDS = {
    *("model", "messages", "stream", "stream_options", "max_tokens", "seed", "stop", "temperature", "top_p"),
    *("frequency_penalty", "presence_penalty", "response_format", "tools", "reasoning", "reasoning_effort"),
    *("logprobs", "top_logprobs"),
}
TYPES = {400: "invalid_request_error", 404: "not_found_error"}


@dataclass
class LocalOllama(LocalOpenAI):
    """`POST /v1/chat/completions`, without keys. Ollama ignores unknown fields; here they are refused, to be seen."""

    reasoning_model: ClassVar[str | None] = None
    takes_image_urls: ClassVar[bool] = False
    endings: ClassVar[tuple[Ending, ...]] = ("length",)
    billed: ClassVar[Billed] = Billed(tokens_cached=0, tokens_reasoning=0)
    models: ClassVar[frozenset[str]] = frozenset({"small"})

    @property
    def root_url(self) -> str:
        """What OLLAMA_HOST is set to."""
        return f"127.0.0.1:{self.port}"

    def refuse(self, request: web.Request, body: Body) -> web.Response | None:
        """What the server would not take, and what it would ignore."""
        if ignored := sorted(body.keys() - FIELDS):
            return self.error(400, f"a field that is ignored: {ignored[0]}")
        if not body.get("messages"):
            return self.error(400, "[] is too short - 'messages'")
        if refused := self.refuse_body(body):
            return refused
        if any(url.startswith(("http://", "https://")) for url in self.read(body).images):
            return self.error(400, "image URLs are not currently supported, please use base64 encoded data instead")
        if body["model"] not in self.models:
            return self.error(404, f"model '{body['model']}' not found")
        return None

    def completion(self, text: str, body: Body, ending: Ending = "stop") -> web.Response:
        """A chat completion as Ollama sends it: it knows no refusal and no filter."""
        billed = self.billed
        usage = {"prompt_tokens": billed.tokens_in, "completion_tokens": billed.tokens_out}
        message = {"role": "assistant", "content": text}
        return web.json_response(
            {
                "id": "chatcmpl-7",
                "object": "chat.completion",
                "created": 1767225600,
                "model": body["model"],
                "system_fingerprint": "fp_ollama",
                "choices": [{"index": 0, "message": message, "finish_reason": FINISH[ending]}],
                "usage": {**usage, "total_tokens": billed.tokens_in + billed.tokens_out},
            }
        )

    def error(self, status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
        """An error as Ollama sends it."""
        body = {"error": {"message": message, "type": TYPES.get(status, "api_error"), "param": None, "code": None}}
        return web.json_response(body, status=status, headers=headers)
