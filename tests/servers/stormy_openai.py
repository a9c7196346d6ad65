"""A judge in a storm: of its answers some are 429, 500, cut off, garbage or slow; a verdict depends on its prompt."""

import asyncio
import hashlib
import random
from dataclasses import dataclass, field

from aiohttp import web

from tests.servers.base import Body, CutOff
from tests.servers.local_openai import LocalOpenAI, error
from tests.servers.plain_answers import judge_plainly

VERDICTS = {
    "CorrectnessAnswer": ("PASS", "SOFT FAIL", "HARD FAIL", "CRITICAL", "NOT APPLICABLE"),
    "EfficiencyAnswer": ("EFFICIENT", "ACCEPTABLE", "FRICTION", "BROKEN"),
}


@dataclass(frozen=True)
class Weather:
    """Shares of the answers that go wrong, 0 to 1 each."""

    rate_limited: float = 0.10
    failing: float = 0.05
    cut: float = 0.03
    garbage: float = 0.03
    slow: float = 0.02
    slow_seconds: float = 1.0


CALM = Weather(rate_limited=0, failing=0, cut=0, garbage=0, slow=0)


@dataclass
class StormyOpenAI(LocalOpenAI):
    """The OpenAI protocol in bad weather; the same prompt has the same verdict in any."""

    weather: Weather = field(default_factory=Weather)
    fates: random.Random = field(default_factory=lambda: random.Random(1))

    def __post_init__(self) -> None:
        """Judge by the prompt, and let the weather have its way."""
        self.answer = judge_by_prompt
        self.behaviour = self.strike

    async def respond_once(self, request: web.Request) -> web.Response | CutOff:
        """Answer one call, some of them late."""
        if self.fates.random() < self.weather.slow:
            await asyncio.sleep(self.weather.slow_seconds)
        return await super().respond_once(request)

    def strike(self, number: int, body: Body) -> web.Response | CutOff | None:
        """What goes wrong with this answer, if anything does."""
        fate, weather = self.fates.random(), self.weather
        for share, response in (
            (weather.rate_limited, lambda: error(429, "rate_limit_exceeded", "slow down", {"Retry-After": "0"})),
            (weather.failing, lambda: error(500, "server_error", "oops")),
            (weather.cut, lambda: CutOff(b'{"choices": [{"mess')),
            (weather.garbage, lambda: web.Response(text="<html>Bad gateway</html>", content_type="text/html")),
        ):
            if fate < share:
                return response()
            fate -= share
        return None


def judge_by_prompt(schema_name: str, prompt: str) -> Body:
    """A plain answer with verdicts that a hash of the prompt draws."""
    answer, words = judge_plainly(schema_name, prompt), VERDICTS.get(schema_name)
    if words is None:
        return answer
    drawn = random.Random(hashlib.sha256(prompt.encode()).hexdigest())
    if "verdict" in answer:
        answer["verdict"] = drawn.choice(words)
    for message in answer.get("messages", []):
        message["verdict"] = drawn.choice(words)
    return answer
