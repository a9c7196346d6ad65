"""A judge for tests: answers what the test says through the evaluator's own answer model, and keeps the questions."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from storage.records import Message, Role, Thread
from tasks.providers.base import AnswerT, Question

Reply = Callable[[Question[Any]], object]


class RecordingJudge:
    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.questions: list[Question[Any]] = []

    async def __call__(self, question: Question[AnswerT]) -> AnswerT:
        self.questions.append(question)
        return question.answer.model_validate_json(json.dumps(self._reply(question)))

    @property
    def prompts(self) -> list[str]:
        return [question.prompt for question in self.questions]

    @property
    def methods(self) -> list[str]:
        return [question.method for question in self.questions]


def say(role: Role, text: str, **fields: Any) -> Message:
    return Message(role=role, text=text, **fields)


def thread_of(*messages: Message, external_id: str = "thread-1") -> Thread:
    return Thread(external_id=external_id, messages=messages)


def dialogue(number: int, text: str = "message {0}") -> Thread:
    """Messages of user and assistant in turn."""
    roles: tuple[Role, Role] = ("user", "assistant")
    return thread_of(*(say(roles[index % 2], text.format(index)) for index in range(number)))


def asked_indexes(question: Question[Any]) -> list[int]:
    """The indexes that the task after the fence names."""
    named = re.search(r"exactly once, and no others: ([\d, ]+)\.", outside(question.prompt))
    return [int(index) for index in named.group(1).split(", ")] if named else []


def asked_rules(question: Question[Any]) -> list[str]:
    named = re.search(r"with these ids, each exactly once, and no others: (\[.*\])\.", question.prompt)
    return json.loads(named.group(1)) if named else []


def key_of(prompt: str) -> str:
    named = re.match(r"The key of this request is ([0-9a-f]{32})\.\n", prompt)
    assert named, prompt[:80]
    return named.group(1)


def sections(prompt: str) -> dict[str, str]:
    """What stands inside the fences, by name."""
    found = re.findall(_fence(prompt), prompt, flags=re.DOTALL | re.MULTILINE)
    return dict(found)


def outside(prompt: str) -> str:
    """What stands outside the fences, with the key left out."""
    rest = re.sub(_fence(prompt), r"[\1]", prompt, flags=re.DOTALL | re.MULTILINE)
    return rest.replace(key_of(prompt), "KEY")


def _fence(prompt: str) -> str:
    key = key_of(prompt)
    return rf"^<<<BEGIN ([A-Z ]+) {key}>>>\n(.*?)\n<<<END \1 {key}>>>$"


def verdict(index: int, word: str = "PASS", quotes: Iterable[tuple[int, str]] = ()) -> dict[str, object]:
    return {
        "index": index,
        "reasoning": f"because of {index}",
        "verdict": word,
        "evidence": [{"index": at, "quote": quote} for at, quote in quotes],
    }


def status(rule: str, word: str = "FOLLOWED", quotes: Iterable[tuple[int, str]] = ()) -> dict[str, object]:
    return {
        "id": rule,
        "reasoning": f"because of {rule}",
        "status": word,
        "evidence": [{"index": at, "quote": quote} for at, quote in quotes],
    }


def intent_found(index: int, *intents: str, **fields: object) -> dict[str, object]:
    return {
        "index": index,
        "reasoning": f"because of {index}",
        "intents": intents,
        "query_type": None,
        "confidence": 0.9,
        "evidence": [],
        **fields,
    }


def friction(index: int, cause: str = "bot", quotes: Iterable[tuple[int, str]] = ()) -> dict[str, object]:
    return {
        "index": index,
        "reasoning": f"because of {index}",
        "cause": cause,
        "evidence": [{"index": at, "quote": quote} for at, quote in quotes],
    }


def efficiency_answer(word: str = "EFFICIENT", **fields: object) -> dict[str, object]:
    return {
        "reasoning": "as it went",
        "task_completed": True,
        "friction": [],
        "recovery": "NOT NEEDED",
        "failure_reason": None,
        "verdict": word,
        "evidence": [],
        **fields,
    }


def answer_all(question: Question[Any]) -> object:
    """A complete answer to any evaluator's question, made from the schema of its answer."""
    schema = question.answer.model_json_schema()
    return _example(schema, schema.get("$defs", {}), question)


def _example(node: dict[str, Any], known: dict[str, Any], question: Question[Any]) -> object:
    """The first word of an enum, null where it may be, one entry for each message or rule asked about."""
    if "$ref" in node:
        return _example(known[node["$ref"].rpartition("/")[2]], known, question)
    if "enum" in node or "anyOf" in node:
        return node["enum"][0] if "enum" in node else None
    if node["type"] == "array":
        return _examples(node["items"], known, question)
    if node["type"] == "object":
        return {name: _example(field, known, question) for name, field in node["properties"].items()}
    return {"string": "some words", "integer": 0, "number": 0.5, "boolean": True}[node["type"]]


def _examples(items: dict[str, Any], known: dict[str, Any], question: Question[Any]) -> list[object]:
    fields: dict[str, Any] = known[items["$ref"].rpartition("/")[2]]["properties"] if "$ref" in items else {}
    named = {"index": asked_indexes(question), "id": asked_rules(question)}
    names = [name for name in named if name in fields and "quote" not in fields]
    example = _example(items, known, question) if names else None
    return [cast(dict[str, object], example) | {name: value} for name in names for value in named[name]]


def entries(result: Mapping[str, Any], name: str = "messages") -> list[dict[str, Any]]:
    return list(result[name])
