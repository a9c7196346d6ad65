"""A local server that speaks the Gemini API, refuses what the API refuses, and judges plainly."""

from dataclasses import dataclass
from typing import Any, ClassVar

from aiohttp import web

from tests.servers.base import Asked, Body, Ending, LocalModelServer
from tests.servers.gemini_rules import problem_of_body, snake_case

FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "refusal": "PROHIBITED_CONTENT", "content_filter": "SAFETY"}
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
VERSIONS = {"v1", "v1beta", "v1beta1"}
WRONG_KEY = "a-key-that-is-none"
SHORTEST_DEADLINE_SECONDS = 10
GOOGLE_RPC = "type.googleapis.com/google.rpc."


@dataclass
class LocalGemini(LocalModelServer):
    """`POST /VERSION/models/MODEL:generateContent`, and the path of Vertex AI; `thinks-small` takes no temperature."""

    reasoning_model: ClassVar[str | None] = "thinks-small"

    @property
    def root_url(self) -> str:
        """What GOOGLE_GEMINI_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.port}"

    def add_routes(self, app: web.Application) -> None:
        """The paths of both APIs."""
        app.router.add_post("/{version}/models/{model}:generateContent", self.respond)
        app.router.add_post("/{version}/publishers/google/models/{model}:generateContent", self.respond)

    def refuse(self, request: web.Request, body: Body) -> web.Response | None:
        """No key 403, a wrong one 400, no such model 404, what the API would not take 400."""
        key = request.headers.get("x-goog-api-key") or request.query.get("key")
        if not key:
            return self.error(403, "Method doesn't allow unregistered callers (callers without established identity).")
        if key == WRONG_KEY:
            reason = {"@type": f"{GOOGLE_RPC}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
            return error(400, "API key not valid. Please pass a valid API key.", details=[reason])
        version, model = request.match_info["version"], request.match_info["model"]
        if version not in VERSIONS or model not in (self.model, self.reasoning_model):
            return self.error(404, f"models/{model} is not found for API version {version}. Call ListModels.")
        seconds = int(request.headers.get("X-Server-Timeout", SHORTEST_DEADLINE_SECONDS))
        if seconds < SHORTEST_DEADLINE_SECONDS:
            return self.error(400, f"Manually set deadline {seconds}s is too short. Minimum allowed deadline is 10s.")
        if "temperature" in body.get("generationConfig", {}) and model == self.reasoning_model:
            wrong = {"field": "generation_config.temperature", "description": "Not supported by this model."}
            return error(400, "Request contains an invalid argument.", details=[bad_request(wrong)])
        problem = problem_of_body(body)
        return self.error(400, problem) if problem else None

    def read(self, body: Body) -> Asked:
        """What the system instruction, the contents and the generation config say."""
        asked = snake_case(body)
        config: Body = asked.get("generation_config", {})
        said: list[tuple[str, list[Body]]] = [
            ("assistant" if content.get("role") == "model" else "user", content["parts"])
            for content in asked["contents"]
        ]
        return Asked(
            system=text_of(asked.get("system_instruction", {}).get("parts", [])),
            turns=tuple((role, text_of(parts)) for role, parts in said),
            images=tuple(part["file_data"]["file_uri"] for _, parts in said for part in parts if "file_data" in part),
            schema=config.get("response_json_schema", {}),
            max_output_tokens=config.get("max_output_tokens"),
            temperature=config.get("temperature"),
            seed=config.get("seed"),
        )

    def completion(self, text: str, body: Body, ending: Ending = "stop") -> web.Response:
        """A reply as the API sends it, thoughts included; what is stopped by a filter has no content."""
        candidate: Body = {"finishReason": FINISH[ending], "index": 0}
        if ending in ("stop", "length"):
            said = {"text": text, "thoughtSignature": "c2ln"}
            candidate["content"] = {"role": "model", "parts": [{"text": "Let me see.", "thought": True}, said]}
        if ending == "refusal":
            candidate["finishMessage"] = text
        return generated([candidate], self.usage(), f"{self.model}-001")

    def usage(self) -> Body:
        """What the API says it billed: thoughts beside the answer, what came from a cache within the prompt."""
        billed = self.billed
        return {
            "promptTokenCount": billed.tokens_in,
            "cachedContentTokenCount": billed.tokens_cached,
            "candidatesTokenCount": billed.tokens_out - billed.tokens_reasoning,
            "thoughtsTokenCount": billed.tokens_reasoning,
            "totalTokenCount": billed.tokens_in + billed.tokens_out,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": billed.tokens_in}],
        }

    def error(self, status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
        """An error as the API sends it."""
        return error(status, message, headers)


def text_of(parts: list[Body]) -> str:
    """The text of some parts."""
    return "".join(part.get("text", "") for part in parts)


def generated(candidates: list[Body], usage: Body, model_version: str, **more: Any) -> web.Response:
    """A reply of generateContent; `more` goes beside the candidates."""
    body = {"candidates": candidates, "usageMetadata": usage, "modelVersion": model_version, "responseId": "local"}
    return web.json_response(body | more)


def bad_request(*violations: Body) -> Body:
    """The detail that names wrong fields."""
    return {"@type": f"{GOOGLE_RPC}BadRequest", "fieldViolations": [*violations]}


def error(
    code: int, message: str, headers: dict[str, str] | None = None, *, details: list[Body] | None = None, **more: Any
) -> web.Response:
    """An error as the API sends it; `more` goes beside its message."""
    told = {"code": code, "message": message, "status": STATUSES.get(code, "UNKNOWN"), **more}
    body = {"error": told | ({"details": details} if details else {})}
    return web.json_response(body, status=code, headers=headers)
