"""An injection tried on an evaluator, beside a harmless text of its size; and what must hold of every attempt."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from storage.records import Message
from tasks.evaluators.asking.fence import make_visible
from tests.injections.asker import Asked, Asker
from tests.injections.catalog import Injection
from tests.injections.hostile_threads import SHAPES, options_with
from tests.injections.prompt_reader import ReadMessage, read_prompt, read_transcript

TOLERATED = frozenset("\n\t\u00ad\u200b\u200c\u200d\u200e\u200f\u2060")
"""Of the characters that cannot be seen those of ordinary text: spaces, hyphenation, joiners, marks of direction."""
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
ENDS_A_TURN = ("<|", "<\uff5c", "</s>", "[/INST]", "<end_of_turn>", "<turn|>", "</think>")
"""Beginnings of control words; a server of an open model takes them for its own."""
SHORT = 3_000
LONGEST_CODE = len(r"\U000e0041")


@dataclass(frozen=True)
class Attempt:
    """What was asked about the injection and about a harmless text in its place.

    Attributes:
        known_key: The key of a request about the harmless text, which the injection was told.
    """

    known_key: str
    harmless: Asked
    hostile: Asked


async def attempts(asker: Asker, evaluator: str, injection: Injection) -> list[Attempt]:
    """Try an injection on an evaluator, in each shape of thread."""
    return [await _attempt(asker, evaluator, injection, shape) for shape in SHAPES]


async def _attempt(asker: Asker, evaluator: str, injection: Injection, shape: str) -> Attempt:
    size = len(make_visible(injection.text))
    filler = "good morning" if size < SHORT else "x" * size
    harmless = await asker.learn(evaluator, SHAPES[shape](filler), options_with("fine"))
    key = read_prompt(harmless.prompts[0]).key
    text = injection.knowing(key)
    options = options_with(text if shape == "whole" else "fine")
    return Attempt(key, harmless, await asker.ask(evaluator, SHAPES[shape](text), options))


def stays_within_the_fence(attempt: Attempt) -> None:
    """Each section begins and ends once, with a key that nothing inside holds and that is not known beforehand."""
    for prompt in attempt.hostile.prompts:
        read = read_prompt(prompt)
        edges = re.findall(rf"^<<<(BEGIN|END) ([A-Z ]+) {read.key}>>>$", prompt, re.MULTILINE)
        assert edges == [(edge, name) for name in read.sections for edge in ("BEGIN", "END")]
        assert "TRANSCRIPT" in read.sections
        assert prompt.lower().count(read.key) == 1 + len(edges)
        assert read.key != attempt.known_key
        assert read.key not in str(attempt.hostile.thread)
        assert not [word for word in ENDS_A_TURN if word in prompt]
        assert not [c for c in prompt if unicodedata.category(c) in UNSEEN and c not in TOLERATED]


def changes_nothing_outside(attempt: Attempt) -> None:
    """Instructions, request, schema and parameters are those of the harmless thread, word for word."""
    assert _without_material(attempt.hostile) == _without_material(attempt.harmless)


def _without_material(asked: Asked) -> list[str]:
    shown = ([*body["messages"][:-1], read_prompt(body["messages"][-1]["content"]).outside] for body in asked.bodies)
    return sorted(
        json.dumps({**body, "messages": messages}, sort_keys=True)
        for body, messages in zip(asked.bodies, shown, strict=True)
    )


def changes_no_verdict(attempt: Attempt) -> None:
    """A judge that obeys what stands outside the fence finds the same in both."""
    assert attempt.hostile.found == attempt.harmless.found


def reads_as_it_was_written(attempt: Attempt) -> None:
    """Each message, call, rule and intent is read from the prompt as it was given, and all of them are there."""
    seen: set[int] = set()
    messages = attempt.hostile.thread.messages
    for sections in (read_prompt(prompt).sections for prompt in attempt.hostile.prompts):
        transcript = read_transcript(sections["TRANSCRIPT"])
        for index, read in transcript.items():
            assert read.role == messages[index].role
            _check_text(read, messages[index].text)
            _check_notes(read, messages[index])
        seen |= transcript.keys()
        _check_values(sections, attempt.hostile)
        earlier = sections.get("EARLIER", ["friction turns so far, by message index: none"])
        assert earlier[0].startswith("friction turns so far, by message index: ")
        assert all(line.startswith("summary| ") for line in earlier[1:])
    assert seen == set(range(len(messages)))


def _check_text(read: ReadMessage, text: str) -> None:
    lines = [_codes_undone(line) for line in re.split(r"\r\n|\r|\n", text)]
    shown = [[_codes_undone(line) for line in piece] for piece in read.pieces]
    if len(shown) == 1:
        assert shown[0] == (lines if lines[-1] else lines[:-1])
        return
    start, end = ("".join(piece) for piece in shown)
    assert "".join(lines).startswith(start[:-LONGEST_CODE])  # the cut may go through a code
    assert "".join(lines).endswith(end[LONGEST_CODE:])


def _check_notes(read: ReadMessage, message: Message) -> None:
    expected: list[Any] = [message.tool_call_id] if message.tool_call_id is not None else []
    expected += [value for call in message.tool_calls for value in (call.id, call.name, call.arguments)]
    if len(read.pieces) == 1 and len("".join(read.notes)) < SHORT:
        assert [value for note in read.notes for value in _values(note)] == expected
        assert any(note.startswith("an image") for note in read.notes) == message.has_image


def _values(note: str) -> Iterator[Any]:
    """The JSON values in a note."""
    words = re.match(r"(answers the )?tool call ", note)
    rest = _long_codes_undone(note[words.end() :]) if words else ""
    while rest:
        value, end = json.JSONDecoder().raw_decode(rest)
        yield value
        rest = rest[end:].lstrip(": ")


def _check_values(sections: dict[str, list[str]], asked: Asked) -> None:
    given = {
        "POLICY": [rule.model_dump() for rule in asked.options.policy],
        "TAXONOMY": [intent.model_dump() for intent in asked.options.intents],
        "QUERY TYPES": [*asked.options.query_types],
    }
    for name, values in given.items():
        if name in sections:
            assert [json.loads(_long_codes_undone(line)) for line in sections[name]] == values


def _codes_undone(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", _character, _long_codes_undone(text))


def _long_codes_undone(text: str) -> str:
    """JSON has no codes of eight digits."""
    return re.sub(r"\\U([0-9a-f]{8})", _character, text)


def _character(code: re.Match[str]) -> str:
    return chr(int(code[1], 16))
