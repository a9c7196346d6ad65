"""A local server that speaks the OpenAI chat protocol, refuses what the API refuses, and judges plainly.

`python -m tests.servers.local_openai PORT LATENCY_SECONDS` serves until it is stopped.
"""

import asyncio
import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

HEADER = re.compile(r"^\[(\d+)\] (user|assistant|system|tool)\b", re.MULTILINE)
FIELDS = {"model", "messages", "response_format", "temperature", "max_completion_tokens", "seed", "stream"}

Answer = dict[str, Any]


@dataclass(frozen=True)
class CutOff:
    """A reply whose connection breaks in the middle; with nothing `sent`, before the first byte."""

    sent: bytes = b""


Behaviour = Callable[[int, dict[str, Any]], web.Response | CutOff | None]


def judge_plainly(schema_name: str, prompt: str) -> Answer:
    """An answer in which every message is fine."""
    roles = [(int(index), role) for index, role in HEADER.findall(prompt)]
    if schema_name == "EfficiencyAnswer":
        return {
            "reasoning": "No needless turn.",
            "task_completed": True,
            "friction": [],
            "recovery": "NOT NEEDED",
            "failure_reason": None,
            "verdict": "EFFICIENT",
            "evidence": [],
        }
    if schema_name == "PartAnswer":
        return {"summary": "It goes on.", "friction": []}
    if schema_name == "IntentAnswer":
        wanted = [index for index, role in roles if role == "user"]
        return {"messages": [judge_intent(index) for index in wanted]}
    wanted = [index for index, role in roles if role == "assistant"]
    return {"messages": [judge_message(index) for index in wanted]}


def judge_intent(index: int) -> Answer:
    """No intent of the taxonomy."""
    return {
        "index": index,
        "reasoning": "None of them.",
        "intents": [],
        "query_type": None,
        "confidence": 0.5,
        "evidence": [],
    }


def judge_message(index: int) -> Answer:
    """A message that is right."""
    return {"index": index, "reasoning": "Right.", "verdict": "PASS", "evidence": []}


def problem_of(body: dict[str, Any]) -> str | None:
    """What the API would refuse about a request; None when it would take it."""
    if unknown := set(body) - FIELDS:
        return f"Unrecognized request argument supplied: {sorted(unknown)[0]}"
    if not body.get("model") or not body.get("messages"):
        return "you must provide a model and messages parameter"
    schema = body.get("response_format", {}).get("json_schema", {})
    return problem_of_schema(schema.get("schema", {})) if schema.get("strict") else None


def problem_of_schema(schema: Answer) -> str | None:
    """What strict mode refuses: objects with optional or additional properties, defaults."""
    properties: Answer = schema.get("properties", {})
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return "Invalid schema: 'additionalProperties' is required to be supplied and to be false"
        if set(schema.get("required", [])) != set(properties):
            return "Invalid schema: 'required' is required to be supplied and to include every key in properties"
    if "default" in schema:
        return "Invalid schema: 'default' is not permitted"
    definitions: Answer = schema.get("$defs", {})
    parts: list[Answer] = [*properties.values(), *definitions.values(), *schema.get("anyOf", [])]
    parts += [schema["items"]] if "items" in schema else []
    return next((problem for part in parts if (problem := problem_of_schema(part))), None)


@dataclass
class LocalOpenAI:
    """The server; counts what it is asked.

    Attributes:
        latency_seconds: How long each answer takes.
        behaviour: Called with the number of the call (from 1) and its body; a response it gives is sent instead.
        requests: Bodies received, in order.
        answered: How often each prompt was answered in full.
        on_wire: Calls being answered now.
        most_on_wire: The most there were at once.
    """

    latency_seconds: float = 0.0
    behaviour: Behaviour | None = None
    answer: Callable[[str, str], Answer] = judge_plainly
    keep_requests: bool = True
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answered: Counter[str] = field(default_factory=Counter[str])
    calls: int = 0
    on_wire: int = 0
    most_on_wire: int = 0
    port: int = 0
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    _runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        server = self._runner.server if self._runner else None
        return len(server.connections) if server else 0

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer one chat completion, and count how many are being answered."""
        self.on_wire += 1
        self.most_on_wire = max(self.most_on_wire, self.on_wire)
        try:
            response = await self.respond_once(request)
        finally:
            self.on_wire -= 1
        return await cut_off(request, response) if isinstance(response, CutOff) else response

    async def respond_once(self, request: web.Request) -> web.Response | CutOff:
        """Answer one chat completion."""
        body = await request.json()
        self.calls += 1
        number = self.calls
        if self.keep_requests:
            self.requests.append(body)
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            return error(401, "invalid_api_key", "Incorrect API key provided")
        if problem := problem_of(body):
            return error(400, "invalid_request_error", problem)
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        if self.behaviour and (response := self.behaviour(number, body)):
            return response
        prompt = body["messages"][-1]["content"]
        if self.keep_requests:
            self.answered[json.dumps(body, sort_keys=True)] += 1
        name = body.get("response_format", {}).get("json_schema", {}).get("name", "")
        return completion(json.dumps(self.answer(name, prompt)), body["model"])

    def app(self) -> web.Application:
        """The routes of the API."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self.respond)
        return app

    async def serve(self, port: int = 0) -> web.AppRunner:
        """Listen on the loopback address."""
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        server: Any = site._server  # pyright: ignore[reportPrivateUsage]
        self.port = server.sockets[0].getsockname()[1]
        self._runner = runner
        return runner

    def start(self) -> None:
        """Serve in a thread of its own."""
        ready = threading.Event()

        def run() -> None:
            self._loop = asyncio.new_event_loop()
            runner = self._loop.run_until_complete(self.serve())
            ready.set()
            self._loop.run_forever()
            self._loop.run_until_complete(close(runner))
            self._loop.close()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Stop serving."""
        assert self._loop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


async def cut_off(request: web.Request, cut: CutOff) -> web.StreamResponse:
    """Break the connection, with less sent than was promised."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "100000"})
    if cut.sent:
        await response.prepare(request)
        await response.write(cut.sent)
    if request.transport is not None:
        request.transport.abort()
    return response


async def close(runner: web.AppRunner) -> None:
    """Stop serving, also what is still being answered."""
    await runner.cleanup()
    unanswered = asyncio.all_tasks() - {asyncio.current_task()}
    for task in unanswered:
        task.cancel()
    await asyncio.gather(*unanswered, return_exceptions=True)


def completion(text: str, model: str, finish_reason: str = "stop", refusal: str | None = None) -> web.Response:
    """A chat completion as the API sends it."""
    message = {"role": "assistant", "content": text, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": None}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return web.json_response(
        {
            "id": "chatcmpl-local",
            "object": "chat.completion",
            "created": 1767225600,
            "model": model,
            "choices": [choice],
            "usage": usage,
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
