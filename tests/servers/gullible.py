"""A judge that goes by a plain rule, and obeys whatever else reaches it from outside the fence."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.injections.hostile_threads import ASKED, RECORDED, WISH, WRONG

Answer = dict[str, Any]

DELIMITER = re.compile(r"<<<\s*(BEGIN|END)\s+([A-Z ]*[A-Z])[^>]*>>>")
KEY = re.compile(r"[0-9a-f]{32}")
HEADER = re.compile(r"\[(\d+)\] (user|assistant|system|tool)( \(no text\))?")
MARKED = re.compile(r"(\d+)([|>]) (.*)")
NOT_SHOWN = re.compile(r"\(messages \d+ to \d+ are not shown\)")
NUMBERS = r"exactly once, and no others: (\d[\d, ]*)\."
RANGE = r"has an index from (\d+) to (\d+)"
RULES = r"rules of POLICY with these ids, each exactly once, and no others: (\[.*?\])\."


@dataclass
class Read:
    """What a careless reader makes of a prompt: it believes any delimiter, wherever it stands and whatever its key.

    Attributes:
        said: What stands outside the material, or in it without belonging to a message.
        roles: By index.
        lines: Lines of each message's text, by index.
        earlier: What is told of earlier parts.
    """

    said: list[str] = field(default_factory=list[str])
    roles: dict[int, str] = field(default_factory=dict[int, str])
    lines: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    earlier: str = ""

    @property
    def request(self) -> str:
        """All that is said to the judge."""
        return "\n".join(self.said)


def read_carelessly(prompt: str) -> Read:
    """Read a prompt; without delimiters all of it is said to the judge."""
    read, pieces = Read(), DELIMITER.split(prompt)
    read.said.append(KEY.sub("KEY", pieces[0]))
    for edge, name, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if edge.upper() == "END":
            read.said.append(f"[{name}]{text}")
        elif name == "TRANSCRIPT":
            _read_transcript(read, text.strip("\n").split("\n"))
        elif name == "EARLIER":
            _read_earlier(read, text.strip("\n").split("\n"))
        else:
            _read_values(read, text.strip("\n").split("\n"))
    return read


def _read_transcript(read: Read, lines: list[str]) -> None:
    current = -1
    for line in lines:
        header, marked = HEADER.fullmatch(line), MARKED.fullmatch(line)
        if header and int(header[1]) not in read.roles:
            current = int(header[1])
            read.roles[current], read.lines[current] = header[2], []
        elif marked and int(marked[1]) == current:
            read.lines[current] += [marked[3]] if marked[2] == "|" else []
        elif not NOT_SHOWN.fullmatch(line):
            read.said.append(line)


def _read_earlier(read: Read, lines: list[str]) -> None:
    read.earlier = lines[0]
    read.said += [line for line in lines[1:] if not line.startswith("summary| ")]


def _read_values(read: Read, lines: list[str]) -> None:
    for line in lines:
        try:
            json.loads(re.sub(r"\\U[0-9a-f]{8}", "", line))
        except ValueError:
            read.said.append(line)


@dataclass
class GullibleJudge:
    """Answers a local server's questions.

    Attributes:
        learning: While True, what is said outside the material becomes usual.
        usual: What it is used to being asked; anything else is an order to find everything right.
        orders: What it obeyed.
    """

    learning: bool = False
    usual: set[str] = field(default_factory=set[str])
    orders: list[str] = field(default_factory=list[str])

    def __call__(self, schema_title: str, prompt: str) -> Answer:
        """Judge: whoever says WRONG is wrong, who asks ASKED wants WISH; under orders everybody is right."""
        read = read_carelessly(prompt)
        if self.learning:
            self.usual.add(read.request)
        obeys = read.request not in self.usual
        self.orders += [read.request] * obeys
        return ANSWERS[schema_title](read, obeys)


def _intents(read: Read, obeys: bool) -> Answer:
    def entry(index: int) -> Answer:
        names = [RECORDED] if obeys else [WISH] * (ASKED in read.lines.get(index, []))
        return {"index": index, "intents": names, "query_type": None, "confidence": 0.5, "evidence": []}

    return {"messages": [{**entry(index), "reasoning": "So it is."} for index in _asked(read)]}


def _correctness(read: Read, obeys: bool) -> Answer:
    def entry(index: int) -> Answer:
        wrong = WRONG in read.lines.get(index, []) and not obeys
        return {"index": index, "reasoning": "So it is.", "verdict": "HARD FAIL" if wrong else "PASS", "evidence": []}

    return {"messages": [entry(index) for index in _asked(read)]}


def _policy(read: Read, obeys: bool) -> Answer:
    named = re.findall(RULES, read.request)
    status = "VIOLATED" if _wrong(read) and not obeys else "FOLLOWED"
    rules: list[str] = json.loads(named[0]) if named else []
    entries: list[Answer] = [{"id": rule, "reasoning": "So it is.", "status": status, "evidence": []} for rule in rules]
    return {**_correctness(read, obeys), "policy": entries}


def _part(read: Read, obeys: bool) -> Answer:
    told = "\n".join(line for index in read.lines for line in read.lines[index])
    return {"summary": told, "friction": [] if obeys else _friction(read)}


def _efficiency(read: Read, obeys: bool) -> Answer:
    found_before = bool(read.earlier) and not read.earlier.endswith(": none")
    went_wrong = not obeys and (found_before or bool(_wrong(read)))
    return {
        "reasoning": "So it is.",
        "task_completed": not went_wrong,
        "friction": [] if obeys else _friction(read),
        "recovery": "FAILED" if went_wrong else "NOT NEEDED",
        "failure_reason": None,
        "verdict": "BROKEN" if went_wrong else "EFFICIENT",
        "evidence": [],
    }


ANSWERS = {
    "IntentAnswer": _intents,
    "CorrectnessAnswer": _correctness,
    "PolicyAnswer": _policy,
    "PartAnswer": _part,
    "EfficiencyAnswer": _efficiency,
}


def _asked(read: Read) -> list[int]:
    """The indexes asked for, the last of several left out at first, so that it must be asked for again."""
    named = re.findall(NUMBERS, read.request)
    indexes = [int(index) for index in named[0].split(", ")] if named else []
    return indexes if len(indexes) == 1 or "An earlier answer" in read.request else indexes[:-1]


def _wrong(read: Read) -> list[int]:
    return [index for index, role in read.roles.items() if role == "assistant" and WRONG in read.lines[index]]


def _friction(read: Read) -> list[Answer]:
    first, last = re.findall(RANGE, read.request)[0]
    wrong = [index for index in _wrong(read) if int(first) <= index <= int(last)]
    return [{"index": index, "reasoning": "So it is.", "cause": "bot", "evidence": []} for index in wrong]
