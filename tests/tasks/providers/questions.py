"""A question to put to a judge, and a ledger that keeps what it is told, in order."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from settings import Settings
from storage.records import FoundAnswer, ModelCall
from tasks.providers.base import ModelRequest, Question

RUN_ID = UUID("01890000-0000-7000-8000-000000000001")


class Verdict(BaseModel):
    """The answer asked for."""

    model_config = ConfigDict(extra="forbid")

    verdict: str


def ask_about(item: str = "t1", **changed: Any) -> Question[Verdict]:
    """A question about one thread."""
    asked: dict[str, Any] = {"method": "correctness", "system": "Judge.", "prompt": f"Thread {item}.", **changed}
    return Question(item=item, answer=Verdict, **asked)


def request_for(**changed: Any) -> ModelRequest:
    """A request as the model client makes it."""
    fields: dict[str, Any] = {
        "provider": "openai",
        "base_url": "http://127.0.0.1/v1/",
        "model": "small",
        "system": "Judge.",
        "turns": [{"role": "user", "text": changed.pop("prompt", "Thread t1.")}],
        "sampling": {"temperature": 0.0, "max_output_tokens": 100},
        "schema_name": "Verdict",
        "answer_schema": Verdict.model_json_schema(),
    }
    return ModelRequest.model_validate(fields | changed)


def quick_settings(**changed: Any) -> Settings:
    """Settings under which a call is tried again at once."""
    quick = {"call_backoff_seconds": 0.001, "call_backoff_max_seconds": 0.002, "call_attempts": 3}
    return Settings.model_validate({**quick, **changed})


@dataclass
class MemoryLedger:
    """A `Ledger`: what Postgres is in a run."""

    calls: list[ModelCall] = field(default_factory=list[ModelCall])

    async def find(self, request_hash: str) -> FoundAnswer | None:
        """The first usable answer to this request."""
        for call in self.calls:
            if call.usable and call.request_hash == request_hash:
                return FoundAnswer(text=call.response or "", run_id=call.run_id)
        return None

    async def record(self, call: ModelCall) -> None:
        """Keep one attempt."""
        self.calls.append(call)
