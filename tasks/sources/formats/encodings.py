"""The character encoding of a file, decided on all of its bytes, so that none is a surprise later."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from tasks.sources.errors import SourceError

CHUNK_BYTES = 1 << 20
SAMPLE_BYTES = 1 << 18
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CHINESE_SHARE = 0.7
OTHER_SCRIPT_SHARE = 0.3
HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
DECIDED_ABOVE = ("utf_8", "utf_7", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le")


@dataclass(frozen=True)
class Encoding:
    """How a file is read as text.

    Attributes:
        name: Python's name of the codec.
        undecodable: Places that are not valid in it, read as U+FFFD.
        first_line: From 1: the line of the first of them; None where there is none.
    """

    name: str
    undecodable: int = 0
    first_line: int | None = None


def hash_file(path: str) -> str:
    """SHA-256 (hex) of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def decide_encoding(path: str, named: str | None = None) -> Encoding:
    """The encoding: as named, else by byte order mark, by the zeros of UTF-16, UTF-8 where valid, else by the letters.

    Raises:
        SourceError: `named` is no encoding.
    """
    with open(path, "rb") as file:
        sample = file.read(SAMPLE_BYTES)
    name = _checked(named) if named else _by_mark(sample) or _by_zeros(sample)
    if name:
        return _measure(path, name)[0]
    encoding, decoded = _measure(path, "utf-8")
    if encoding.undecodable * 4 <= decoded:
        return encoding
    return _measure(path, _by_letters(path, _sample_of_letters(path)))[0]


def _checked(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise SourceError(f"--columns: encoding {name!r} is not known; try utf-8, windows-1252, gb18030") from error


def _by_mark(sample: bytes) -> str | None:
    return next((name for mark, name in BYTE_ORDER_MARKS.items() if sample.startswith(mark)), None)


def _by_zeros(sample: bytes) -> str | None:
    """UTF-16 without a mark: every twentieth byte or more is zero, nearly all of them on the same side of the pairs."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if (even + odd) * 20 < len(sample) or max(even, odd) < 9 * min(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _measure(path: str, name: str) -> tuple[Encoding, int]:
    """The encoding with its undecodable places, and the number of decoded characters that are not ASCII."""
    try:
        decoder = codecs.getincrementaldecoder(name)()
        with open(path, "rb") as file:
            for chunk in _chunks(file):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeError:
        return _count_undecodable(path, name)
    return Encoding(name), 0


def _count_undecodable(path: str, name: str) -> tuple[Encoding, int]:
    decoder = codecs.getincrementaldecoder(name)(errors="replace")
    undecodable, decoded, lines, first_line = 0, 0, 1, None
    with open(path, "rb") as file:
        for chunk in chain(_chunks(file), (b"",)):
            text = decoder.decode(chunk, final=not chunk)
            bad = text.count("\ufffd") - (chunk.count("\ufffd".encode()) if name.startswith("utf-8") else 0)
            if bad > 0 and first_line is None:
                first_line = lines + text.count("\n", 0, text.index("\ufffd"))
            undecodable += max(bad, 0)
            decoded += sum(character > "\x7f" for character in text) - bad
            lines += text.count("\n")
    return Encoding(name, undecodable, first_line), decoded


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _by_letters(path: str, sample: bytes) -> str:
    """The encoding of what is neither UTF-8 nor UTF-16.

    GB18030 where the whole file is valid in it and its characters are common ones, Windows-1252 where few
    letters beyond ASCII stand three in a row, else what charset-normalizer makes of it.
    """
    if _measure(path, "gb18030")[0].undecodable == 0 and _share_of_common_characters(sample) >= CHINESE_SHARE:
        return "gb18030"
    runs = [len(run) for run in HIGH_BYTES.findall(sample)]
    if sum(run for run in runs if run >= 3) <= OTHER_SCRIPT_SHARE * sum(runs):
        return "cp1252"
    from charset_normalizer import from_bytes  # lazily: rarely needed

    best = from_bytes(sample, cp_exclusion=list(DECIDED_ABOVE)).best()
    return best.encoding if best else "cp1252"


def _share_of_common_characters(sample: bytes) -> float:
    """Among the characters beyond ASCII, those in GB 2312 (two high bytes) that do not touch a Latin letter.

    Nearly all in Chinese, few where accents of another encoding happen to form pairs.
    """
    text = f" {sample.decode('gb18030', errors='ignore')} "
    count, common = 0, 0
    for before, character, after in zip(text, text[1:], text[2:], strict=False):
        if character > "\x7f":
            encoded = character.encode("gb18030")
            touches = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
            count += 1
            common += len(encoded) == 2 and encoded[1] > 0xA0 and not touches
    return common / max(count, 1)


def _sample_of_letters(path: str) -> bytes:
    """Up to 256 kB of those lines that hold bytes beyond ASCII."""
    found: list[bytes] = []
    size = 0
    with open(path, "rb") as file:
        for chunk in _chunks(file):
            if chunk.isascii():
                continue
            for line in chunk.split(b"\n"):
                if not line.isascii() and size < SAMPLE_BYTES:
                    found.append(line[:SAMPLE_BYTES])
                    size += len(found[-1])
            if size >= SAMPLE_BYTES:
                break
    return b"\n".join(found)
