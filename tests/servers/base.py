"""What every local model server of the tests does; a subclass speaks the protocol of one provider."""

import asyncio
import json
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from aiohttp import web

from tests.servers.plain_answers import judge_plainly
from tests.servers.server_thread import ServerThread

Body = dict[str, Any]
Ending = Literal["stop", "length", "refusal", "content_filter"]


@dataclass(frozen=True)
class CutOff:
    """A reply whose connection breaks in the middle; with nothing `sent`, before the first byte."""

    sent: bytes = b""


Behaviour = Callable[[int, Body], web.Response | CutOff | None]


@dataclass(frozen=True)
class Billed:
    """The usage each completion tells, counted as `ModelReply` counts it; 0 where the protocol has no such number."""

    tokens_in: int = 100
    tokens_cached: int = 40
    tokens_out: int = 20
    tokens_reasoning: int = 8


@dataclass(frozen=True)
class Asked:
    """What a request says, read from its protocol.

    Attributes:
        system: The system prompt; empty where none was sent.
        turns: Role (`user` or `assistant`) and text of each turn, in order.
        images: URLs of the images, in order.
        schema: JSON schema of the answer; empty where none was sent.
    """

    system: str
    turns: tuple[tuple[str, str], ...]
    images: tuple[str, ...]
    schema: Body
    max_output_tokens: int | None
    temperature: float | None
    seed: int | None


@dataclass
class LocalModelServer(ServerThread):
    """Answers calls, and counts what it is asked; `add_routes` lets `respond` answer the paths of the API.

    Attributes:
        latency_seconds: How long each answer takes.
        behaviour: Called with the number of the call (from 1) and its body; a response it gives is sent instead.
        answer: Called with the title of the answer's schema and the prompt; gives the answer.
        requests: Bodies received, in order.
        headers: Their headers, whatever the case of their names.
        paths: Their paths, with the query.
        answered: How often each body was answered in full.
        on_wire: Calls being answered now.
        most_on_wire: The most there were at once.
        model: A model it serves that takes every parameter.
        reasoning_model: A model it serves that refuses a temperature; None where the API has none.
        takes_seed: Whether the API has a seed.
        takes_image_urls: Whether it takes an image by its https URL.
        endings: How an answer can end that is none.
        billed: What each completion says it used.
    """

    model: ClassVar[str] = "small"
    reasoning_model: ClassVar[str | None] = None
    takes_seed: ClassVar[bool] = True
    takes_image_urls: ClassVar[bool] = True
    endings: ClassVar[tuple[Ending, ...]] = ("length", "refusal", "content_filter")
    billed: ClassVar[Billed] = Billed()

    latency_seconds: float = 0.0
    behaviour: Behaviour | None = None
    answer: Callable[[str, str], Body] = judge_plainly
    keep_requests: bool = True
    requests: list[Body] = field(default_factory=list[Body])
    headers: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    paths: list[str] = field(default_factory=list[str])
    answered: Counter[str] = field(default_factory=Counter[str])
    calls: int = 0
    on_wire: int = 0
    most_on_wire: int = 0

    @property
    @abstractmethod
    def root_url(self) -> str:
        """What the SDK's variable for the base URL is set to."""

    @abstractmethod
    def refuse(self, request: web.Request, body: Body) -> web.Response | None:
        """What the API says to a request it would not take; None when it would."""

    @abstractmethod
    def read(self, body: Body) -> Asked:
        """What a request that was not refused says."""

    @abstractmethod
    def completion(self, text: str, body: Body, ending: Ending = "stop") -> web.Response:
        """A complete reply to `body`, as the API sends it; for `refusal`, `text` is what it says instead."""

    @abstractmethod
    def error(self, status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
        """An error, as the API sends it."""

    def prompt_of(self, body: Body) -> str:
        """The text of the last turn."""
        return self.read(body).turns[-1][1]

    def schema_of(self, body: Body) -> Body:
        """The JSON schema of the answer; its title names the answer's model."""
        return self.read(body).schema

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, and count how many are being answered."""
        self.on_wire += 1
        self.most_on_wire = max(self.most_on_wire, self.on_wire)
        try:
            response = await self.respond_once(request)
        finally:
            self.on_wire -= 1
        return await cut_off(request, response) if isinstance(response, CutOff) else response

    async def respond_once(self, request: web.Request) -> web.Response | CutOff:
        """Answer one call."""
        body: Body = await request.json()
        self.calls += 1
        number = self.calls
        if self.keep_requests:
            self.requests.append(body)
            self.headers.append(request.headers)
            self.paths.append(request.path_qs)
        if refusal := self.refuse(request, body):
            return refusal
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        if self.behaviour and (response := self.behaviour(number, body)):
            return response
        if self.keep_requests:
            self.answered[json.dumps(body, sort_keys=True)] += 1
        asked = self.read(body)
        answer = self.answer(asked.schema.get("title", ""), asked.turns[-1][1])
        return self.completion(json.dumps(answer), body)


async def cut_off(request: web.Request, cut: CutOff) -> web.StreamResponse:
    """Break the connection, with less sent than was promised."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "100000"})
    if cut.sent:
        await response.prepare(request)
        await response.write(cut.sent)
    if request.transport is not None:
        request.transport.abort()
    return response
