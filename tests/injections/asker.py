"""Asks about a thread as a run does: real evaluators, the model client, the SDK, a local server."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from storage.records import Judge, Thread
from tasks.evaluators.base import EvaluatorOptions, Outcome
from tasks.evaluators.catalog import make_evaluators
from tasks.providers.base import Provider
from tasks.providers.catalog import make_provider
from tasks.providers.client import ModelClient
from tests.servers.gullible import GullibleJudge
from tests.servers.local_openai import LocalOpenAI
from tests.tasks.providers.questions import RUN_ID, MemoryLedger, quick_settings

SETTINGS = quick_settings(repair_calls=0)


@dataclass(frozen=True)
class Asked:
    """What was asked about a thread, as it arrived at the server, and what came of it."""

    thread: Thread
    options: EvaluatorOptions
    bodies: tuple[dict[str, Any], ...]
    outcome: Outcome

    @property
    def prompts(self) -> list[str]:
        """What the last turn of each request says."""
        return [body["messages"][-1]["content"] for body in self.bodies]

    @property
    def found(self) -> dict[str, object]:
        """What was found, without the words that tell of it."""
        result = cast(dict[str, Any], self.outcome.result)
        return {
            "thread": (self.outcome.verdict, self.outcome.score, self.outcome.reason),
            "verdicts": [(entry["index"], entry.get("verdict")) for entry in result.get("messages", [])],
            "intents": [entry.get("predicted") for entry in result.get("messages", [])],
            "rules": [entry["status"] for entry in result.get("policy", [])],
            "friction": [entry["index"] for entry in result.get("friction", [])],
        }


@dataclass(repr=False)
class Asker:
    """A gullible judge behind a local server; asks about one thread at a time, and about the same one once."""

    server: LocalOpenAI
    judge: GullibleJudge
    provider: Provider
    known: dict[tuple[str, str, str], Asked] = field(default_factory=dict[tuple[str, str, str], Asked])

    async def ask(self, evaluator: str, thread: Thread, options: EvaluatorOptions) -> Asked:
        """Evaluate a thread."""
        asked = (evaluator, str(thread), str(options))
        if asked not in self.known:
            self.server.requests.clear()
            client = ModelClient(RUN_ID, self.provider, MemoryLedger(), SETTINGS, 4)
            outcome = await make_evaluators([evaluator], options)[evaluator].judge_by_model(thread, client)
            self.known[asked] = Asked(thread, options, tuple(self.server.requests), outcome)
        return self.known[asked]

    async def learn(self, evaluator: str, thread: Thread, options: EvaluatorOptions) -> Asked:
        """Evaluate a harmless thread: what the judge is asked about it is usual from now on."""
        self.judge.learning = True
        try:
            return await self.ask(evaluator, thread, options)
        finally:
            self.judge.learning = False


@asynccontextmanager
async def local_asker() -> AsyncGenerator[Asker]:
    """An asker whose judge has learnt nothing yet."""
    judge = GullibleJudge()
    server = LocalOpenAI(answer=judge)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", server.root_url)
        patch.setenv("OPENAI_API_KEY", "test-key-for-a-local-server")
        provider = make_provider(Judge.parse("openai:small"), SETTINGS)
    assert provider
    yield Asker(server, judge, provider)
    await provider.close()
    server.stop()
