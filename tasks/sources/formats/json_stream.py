"""JSON read piece by piece: an array of any length costs the memory of one element, and each element has its line.

Own code rather than a streaming library: those give no line numbers and refuse NaN.
"""

import json
from collections.abc import Iterator

from tasks.sources.errors import SourceError
from tasks.sources.formats.characters import ESCAPED_UNSTORABLE, replace_within
from tasks.sources.formats.json_values import DECODER
from tasks.sources.formats.texts import Text

SPACE = " \t\n\r\ufeff"
NEAR_END = 16
CLOSERS = '}]"'  # what ends a value for certain; a number may go on
TRIM_CHARACTERS = 1 << 18


class JsonStream:
    """A cursor in the text of a JSON file.

    Attributes:
        line: From 1: the line of the value last read.
    """

    def __init__(self, text: Text) -> None:
        self._file = text.path
        self._count = text.count
        self._chunks = text.chunks()
        self._text = ""
        self._place = 0
        self._counted = 0
        self._before = 0  # characters of the current line that are no longer in the buffer
        self.line = 1

    def look(self) -> str:
        """The next character that is no space, without passing it; "" at the end."""
        while True:
            while self._place < len(self._text):
                if self._text[self._place] not in SPACE:
                    return self._text[self._place]
                self._place += 1
            if not self._fill():
                return ""

    def take(self, expected: str) -> str:
        """Pass the next character, one of `expected`.

        Raises:
            SourceError: It is another, or the file ends.
        """
        character = self.look()
        if not character:
            raise self._error("the file ends in the middle of its JSON: it is cut off", self._place)
        if character not in expected:
            raise self._error(f"not valid JSON: {' or '.join(expected)} expected, found {character!r}", self._place)
        self._place += 1
        return character

    def value(self) -> object:
        """Read the next value whole.

        Raises:
            SourceError: It is not valid JSON, or the file ends within it.
        """
        self.look()
        self._count_lines(self._place)
        while True:
            try:
                found: tuple[object, int] = DECODER.raw_decode(self._text, self._place)
            except json.JSONDecodeError as error:
                near_end = error.pos >= len(self._text) - NEAR_END or error.msg.startswith("Unterminated string")
                if near_end and self._fill():
                    continue
                cut_off = ": the file is cut off" if near_end else ""
                raise self._error(f"not valid JSON: {error.msg}{cut_off}", error.pos) from error
            except (ValueError, RecursionError) as error:
                raise self._error(f"not usable JSON: {error}", self._place) from error
            value: object = found[0]
            end = found[1]
            if end == len(self._text) and self._text[end - 1] not in CLOSERS and self._fill():
                continue
            unclean = ESCAPED_UNSTORABLE.search(self._text, self._place, end)
            self._place = end
            return replace_within(value, self._count) if unclean else value

    def elements(self) -> Iterator[object]:
        """The elements of an array whose bracket has been taken; the closing bracket is taken too."""
        if self.look() == "]":
            self.take("]")
            return
        while True:
            yield self.value()
            if self.take(",]") == "]":
                return

    def _fill(self) -> bool:
        """Read on, at least doubling what is in the buffer; False at the end of the file."""
        if self._place > TRIM_CHARACTERS:
            self._count_lines(self._place)
            newline = self._text.rfind("\n", 0, self._place)
            self._before = self._before + self._place if newline < 0 else self._place - newline - 1
            self._text, self._place, self._counted = self._text[self._place :], 0, 0
        parts = [self._text]
        wanted = max(len(self._text), 1)
        while wanted > 0 and (chunk := next(self._chunks, "")):
            parts.append(chunk)
            wanted -= len(chunk)
        self._text = "".join(parts)
        return len(parts) > 1

    def _count_lines(self, place: int) -> None:
        self.line += self._text.count("\n", self._counted, place)
        self._counted = place

    def _error(self, problem: str, place: int) -> SourceError:
        line = self.line + self._text.count("\n", self._counted, place)
        newline = self._text.rfind("\n", 0, place)
        column = place - newline if newline >= 0 else self._before + place + 1
        return SourceError(f"{self._file}: line {line}, column {column}: {problem}")
