"""A local server that speaks Azure OpenAI, with API versions and without; it refuses what Azure refuses."""

from dataclasses import dataclass
from typing import ClassVar

from aiohttp import web

from tests.servers.base import Body
from tests.servers.local_openai import LocalOpenAI

VERSIONS = {"2025-04-01-preview"}
CODES = {400: "BadRequest", 401: "401", 404: "DeploymentNotFound", 429: "429", 500: "InternalServerError"}
FILTERED = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."


@dataclass
class LocalAzure(LocalOpenAI):
    """`POST /openai/deployments/DEPLOYMENT/chat/completions?api-version=...` and `POST /openai/v1/chat/completions`."""

    deployments: ClassVar[frozenset[str]] = frozenset({"small", "o-test"})

    @property
    def root_url(self) -> str:
        """What AZURE_OPENAI_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self.port}/"

    def add_routes(self, app: web.Application) -> None:
        """Both APIs."""
        app.router.add_post("/openai/deployments/{deployment}/chat/completions", self.respond)
        app.router.add_post("/openai/v1/chat/completions", self.respond)

    def refuse(self, request: web.Request, body: Body) -> web.Response | None:
        """No key, no version, no such deployment, then what OpenAI refuses."""
        deployment = request.match_info.get("deployment")
        if not self.has_key(request, versioned=deployment is not None):
            return self.error(401, "Access denied due to invalid subscription key or wrong API endpoint.")
        if deployment is not None and request.query.get("api-version") not in VERSIONS:
            return self.error(404, "Resource not found")
        if (deployment or body.get("model")) not in self.deployments:
            return self.error(404, "The API deployment for this resource does not exist.")
        return self.refuse_body(body)

    def has_key(self, request: web.Request, versioned: bool) -> bool:
        """The API with versions takes a key in `api-key`, a token as bearer; the other one takes both as bearer."""
        bearer = request.headers.get("Authorization", "").startswith("Bearer ")
        return bearer or bool(versioned and request.headers.get("api-key"))

    def error(self, status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
        """An error as Azure sends it."""
        body = {"error": {"code": CODES.get(status, str(status)), "message": message}}
        return web.json_response(body, status=status, headers=headers)


def filtered_prompt() -> web.Response:
    """What Azure says to a prompt that its filter stops."""
    result = {"jailbreak": {"detected": True, "filtered": True}, "hate": {"filtered": False, "severity": "safe"}}
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": result}
    told = {"message": FILTERED, "type": None, "param": "prompt", "code": "content_filter", "status": 400}
    return web.json_response({"error": {**told, "innererror": inner}}, status=400)
