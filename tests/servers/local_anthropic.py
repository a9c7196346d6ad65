"""A local server that speaks the Messages API of Claude, refuses what the API refuses, and judges plainly."""

from dataclasses import dataclass
from typing import Any, ClassVar

from aiohttp import web

from tests.servers.anthropic_rules import VERSIONS, blocks_of, problem_of_body, problem_of_sampling, schema_in
from tests.servers.base import Asked, Body, Ending, LocalModelServer

STOP = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal", "content_filter": "refusal"}
TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
WRITTEN_TO_CACHE = 10


@dataclass
class LocalAnthropic(LocalModelServer):
    """`POST /v1/messages`; a model called `thinks-...` takes no temperature."""

    reasoning_model: ClassVar[str | None] = "thinks-small"
    takes_seed: ClassVar[bool] = False

    @property
    def root_url(self) -> str:
        """What ANTHROPIC_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.port}"

    def add_routes(self, app: web.Application) -> None:
        """The one path that is used."""
        app.router.add_post("/v1/messages", self.respond)

    def refuse(self, request: web.Request, body: Body) -> web.Response | None:
        """No key 401, what the API would not take 400."""
        if not (request.headers.get("x-api-key") or request.headers.get("Authorization", "").startswith("Bearer ")):
            return self.error(401, "x-api-key header is required")
        version = request.headers.get("anthropic-version", "")
        if not version:
            return self.error(400, "anthropic-version: header is required")
        if version not in VERSIONS:
            return self.error(400, f'anthropic-version: "{version}" is not a valid version')
        problem = problem_of_sampling(body, version) or problem_of_body(body)
        return self.error(400, problem) if problem else None

    def read(self, body: Body) -> Asked:
        """What the system prompt, the messages and the output format say."""
        said = [(message["role"], blocks_of(message["content"])) for message in body["messages"]]
        return Asked(
            system="".join(block["text"] for block in blocks_of(body.get("system", ""))),
            turns=tuple((role, "".join(block.get("text", "") for block in blocks)) for role, blocks in said),
            images=tuple(block["source"]["url"] for _, blocks in said for block in blocks if block["type"] == "image"),
            schema=schema_in(body),
            max_output_tokens=body["max_tokens"],
            temperature=body.get("temperature"),
            seed=None,
        )

    def completion(self, text: str, body: Body, ending: Ending = "stop") -> web.Response:
        """A message as the API sends it; a filter that stops it says no more than that it did."""
        thought = {"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"}
        said = {"type": "text", "text": text, "citations": None}
        declined = {"type": "refusal", "category": None, "explanation": text} if ending == "refusal" else None
        details = {"stop_reason": STOP[ending], "stop_sequence": None, "stop_details": declined}
        message = {"id": "msg_local", "type": "message", "role": "assistant", "model": f"{body['model']}-20260101"}
        content = [thought] if declined else [thought, said]
        return web.json_response({**message, "content": content, **details, "usage": self.usage()})

    def usage(self) -> dict[str, Any]:
        """What the API says it billed: input apart by what the cache has to do with it, thinking within the output."""
        billed = self.billed
        return {
            "input_tokens": billed.tokens_in - billed.tokens_cached - WRITTEN_TO_CACHE,
            "cache_creation_input_tokens": WRITTEN_TO_CACHE,
            "cache_read_input_tokens": billed.tokens_cached,
            "output_tokens": billed.tokens_out,
            "output_tokens_details": {"thinking_tokens": billed.tokens_reasoning},
            "service_tier": "standard",
        }

    def error(self, status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
        """An error as the API sends it."""
        return error(status, message, headers)


def error(status: int, message: str, headers: dict[str, str] | None = None, **more: Any) -> web.Response:
    """An error as the API sends it; `more` goes beside its message."""
    told = {"type": TYPES.get(status, "api_error"), "message": message, **more}
    body = {"type": "error", "error": told, "request_id": "req_local"}
    return web.json_response(body, status=status, headers={"request-id": "req_local", **(headers or {})})
