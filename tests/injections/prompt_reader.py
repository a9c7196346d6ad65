"""Reads a prompt by the rules that the judge is told, and by nothing else; what breaks a rule cannot be read."""

import re
from dataclasses import dataclass, field

FIRST_LINE = re.compile(r"The key of this request is ([0-9a-f]{32})\.")
HEADER = re.compile(r"\[(\d+)\] (user|assistant|system|tool)( \(no text\))?")
NOT_SHOWN = re.compile(r"\(messages \d+ to \d+ are not shown\)")
LEFT_OUT = re.compile(r"\((\d+) characters of this message are left out here\)")


class MisreadError(Exception):
    """The prompt breaks a rule."""


@dataclass
class ReadMessage:
    """One message of the transcript.

    Attributes:
        pieces: Lines of the text; a second piece follows where the text was cut.
        notes: Lines of the notes, those about cuts left out.
    """

    index: int
    role: str
    pieces: list[list[str]] = field(default_factory=lambda: [[]])
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class ReadPrompt:
    """A whole prompt.

    Attributes:
        outside: What stands outside the fences, each section as its name in brackets, the key as KEY.
        sections: Lines of each section.
    """

    key: str
    outside: str
    sections: dict[str, list[str]]

    @property
    def inside(self) -> str:
        """All that stands inside the fences."""
        return "\n".join(line for lines in self.sections.values() for line in lines)


def read_prompt(prompt: str) -> ReadPrompt:
    """Take a prompt apart.

    Raises:
        MisreadError: The key does not come first, or stands anywhere but in pairs of BEGIN and END lines.
    """
    first, *lines = prompt.split("\n")
    announced = FIRST_LINE.fullmatch(first)
    if announced is None:
        raise MisreadError(f"no key in {first!r}")
    key = announced[1]
    outside, sections = ["The key of this request is KEY."], dict[str, list[str]]()
    name = ""
    for line in lines:
        opened, ended = re.fullmatch(rf"<<<BEGIN ([A-Z ]+) {key}>>>", line), f"<<<END {name} {key}>>>"
        if not name and opened and opened[1] not in sections:
            name = opened[1]
            sections[name] = []
        elif name and line == ended:
            outside.append(f"[{name}]")
            name = ""
        elif key in line.lower():
            raise MisreadError(f"the key stands in {line!r}")
        else:
            (sections[name] if name else outside).append(line)
    if name:
        raise MisreadError(f"{name} does not end")
    return ReadPrompt(key, "\n".join(outside), sections)


def read_transcript(lines: list[str]) -> dict[int, ReadMessage]:
    """The messages of a TRANSCRIPT by index.

    Raises:
        MisreadError: A line is neither a header, nor marked as of the message it stands in, nor about messages not
            shown at either end; or an index does not follow the last.
    """
    messages: dict[int, ReadMessage] = {}
    current: ReadMessage | None = None
    for number, line in enumerate(lines):
        if header := HEADER.fullmatch(line):
            index = int(header[1])
            if current and index != current.index + 1:
                raise MisreadError(f"{line!r} follows message {current.index}")
            current = messages[index] = ReadMessage(index, header[2])
        elif current and line.startswith(f"{current.index}| "):
            current.pieces[-1].append(line.partition(" ")[2])
        elif current and line.startswith(f"{current.index}> "):
            _take_note(current, line.partition(" ")[2])
        elif number not in (0, len(lines) - 1) or not NOT_SHOWN.fullmatch(line):
            raise MisreadError(f"{line!r} has no mark")
    return messages


def _take_note(message: ReadMessage, note: str) -> None:
    if message.pieces[-1] and LEFT_OUT.fullmatch(note):
        message.pieces.append([])
    else:
        message.notes.append(note)
