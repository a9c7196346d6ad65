"""`scripted:FILE`: replays recorded answers and refuses every request it has none for."""

import hashlib
from pathlib import Path

import orjson
from pydantic import JsonValue, ValidationError

from storage.records import Record
from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.errors import CallRejected, UnusableJudge


class ScriptedAnswer(Record):
    """One line of the file: an answer, and the request it answers.

    Attributes:
        item: The thread's external id.
        method: Which evaluator asks.
        answer: The answer as JSON.
    """

    item: str
    method: str
    answer: JsonValue


class ScriptedProvider:
    """Answers from a JSONL file, one `ScriptedAnswer` a line; makes no call and costs nothing."""

    name = "scripted"
    free = True

    def __init__(self, path: str) -> None:
        """Read the file.

        Raises:
            UnusableJudge: The file cannot be read or a line of it is wrong.
        """
        self.model = path
        self._answers: dict[tuple[str, str], JsonValue] = {}
        try:
            content = Path(path).read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            why = getattr(error, "strerror", None) or error
            raise UnusableJudge(f"judge 'scripted:{path}' cannot be read: {why}") from error
        for number, line in enumerate(content.splitlines(), 1):
            if line.strip():
                self._add(path, number, line)
        self.base_url = f"sha256:{hashlib.sha256(content).hexdigest()}"

    def _add(self, path: str, number: int, line: bytes) -> None:
        try:
            entry = ScriptedAnswer.model_validate(orjson.loads(line))
        except (orjson.JSONDecodeError, ValidationError) as error:
            why = " ".join(str(error).split())[:200]
            raise UnusableJudge(f"judge 'scripted:{path}': line {number} is not a recorded answer: {why}") from error
        self._answers[entry.item, entry.method] = entry.answer

    async def complete(self, request: ModelRequest, item: str, method: str) -> ModelReply:
        """Replay the recorded answer; see `Provider.complete`."""
        if (item, method) not in self._answers:
            raise CallRejected(f"no recorded answer for item {item!r}, method {method!r}")
        return ModelReply(text=orjson.dumps(self._answers[item, method]).decode())

    async def close(self) -> None:
        """Nothing is open."""
