"""A judge that bills each call as much as any call of its kind could cost, also one whose answer nobody waits for."""

import json
from dataclasses import dataclass

from aiohttp import web

from tests.servers.base import Billed, Body, CutOff
from tests.servers.local_openai import LocalOpenAI, completion


@dataclass
class GreedyOpenAI(LocalOpenAI):
    """The OpenAI protocol; a token for every byte that was sent, and as many out as were allowed.

    Attributes:
        billed_tokens: All it has billed, from the arrival of a call on.
    """

    billed_tokens: int = 0

    async def respond_once(self, request: web.Request) -> web.Response | CutOff:
        """Bill the call, then answer it."""
        bill = most_of(await request.json())
        self.billed_tokens += bill.tokens_in + bill.tokens_out
        return await super().respond_once(request)

    def completion(self, text: str, body: Body, ending: object = "stop") -> web.Response:
        """A complete answer with its bill."""
        return completion(text, body["model"], billed=most_of(body))


def most_of(body: Body) -> Billed:
    """The most a call can be billed."""
    texts = [message["content"] for message in body["messages"]]
    texts.append(json.dumps(body["response_format"]["json_schema"]["schema"], separators=(",", ":")))
    tokens_in = sum(len(text.encode()) for text in texts)
    return Billed(tokens_in, 0, body["max_completion_tokens"], 0)
