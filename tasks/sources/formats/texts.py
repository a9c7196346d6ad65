"""A file as decoded text: in lines that keep their endings, or in chunks; without NUL characters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO

from tasks.sources.formats.characters import REPLACEMENT

CHUNK_CHARACTERS = 1 << 20


@dataclass(frozen=True)
class Text:
    """A text file of known encoding.

    Attributes:
        count: Told how many NUL characters were replaced.
    """

    path: str
    encoding: str
    count: Callable[[int], None]

    def open(self) -> TextIO:
        """Open it; line endings stay as they are, undecodable bytes are read as U+FFFD."""
        return open(self.path, encoding=self.encoding, errors="replace", newline="")

    def lines(self) -> Iterator[str]:
        """Line by line, endings kept."""
        with self.open() as file:
            for line in file:
                yield self._without_nul(line) if "\0" in line else line

    def chunks(self) -> Iterator[str]:
        """In chunks of about a million characters."""
        with self.open() as file:
            while chunk := file.read(CHUNK_CHARACTERS):
                yield self._without_nul(chunk) if "\0" in chunk else chunk

    def start(self, characters: int = 1 << 16) -> str:
        """The first characters, for a look."""
        with self.open() as file:
            return file.read(characters).replace("\0", REPLACEMENT)

    def _without_nul(self, text: str) -> str:
        self.count(text.count("\0"))
        return text.replace("\0", REPLACEMENT)
