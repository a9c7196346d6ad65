"""Which files a source means, and what format each has."""

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tasks.sources.errors import SourceError

Format = Literal["csv", "json", "jsonl", "parquet"]

FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".psv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
KNOWN = "CSV, TSV, JSON, JSONL, Parquet"
FOREIGN = {
    b"PK\x03\x04": "is a zip archive or an Excel workbook: unpack it, or save the sheet as CSV",
    b"\x1f\x8b": "is compressed with gzip: unpack it first",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd: unpack it first",
    b"SQLite format 3": "is an SQLite database: export the table as CSV",
}


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    Attributes:
        path: As the user would write it; the key of the report's hashes.
        name: Path relative to the source's folder: what ids made for threads without one begin with.
    """

    path: str
    name: str
    format: Format


def find_files(source: str) -> list[SourceFile]:
    """The files of a path, folder (searched through; hidden files aside) or glob, sorted by path.

    Raises:
        SourceError: There is none, or one is of no known format.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        found = _in_folder(path)
    elif path.exists():
        found = [str(path)]
    elif any(character in source for character in "*?["):
        found = sorted(name for name in glob.glob(str(path), recursive=True) if Path(name).is_file())
    else:
        raise SourceError(f"{source}: no such file or folder")
    if not found:
        raise SourceError(f"{source}: no file found; a source is {KNOWN}")
    folder = os.path.commonpath([str(Path(name).parent) for name in found])
    return [SourceFile(name, os.path.relpath(name, folder), recognise_format(name)) for name in found]


def _in_folder(folder: Path) -> list[str]:
    return sorted(
        str(path)
        for path in folder.rglob("*")
        if path.suffix.lower() in FORMATS and not _is_hidden(path.relative_to(folder).parts) and path.is_file()
    )


def _is_hidden(parts: Iterable[str]) -> bool:
    return any(part.startswith((".", "_")) for part in parts)


def recognise_format(path: str) -> Format:
    """The format by the first bytes, else by the suffix; any other text is JSON or CSV by its first character.

    Raises:
        SourceError: The file cannot be read, is empty, or is of another kind.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(64)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    if not start:
        raise SourceError(f"{path}: the file is empty")
    for magic, problem in FOREIGN.items():
        if start.startswith(magic):
            raise SourceError(f"{path}: {problem}")
    if start.startswith(b"PAR1"):
        return "parquet"
    by_suffix = FORMATS.get(Path(path).suffix.lower())
    if by_suffix == "parquet":
        raise SourceError(f"{path}: is not a Parquet file (it does not start with PAR1)")
    visible = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return by_suffix or ("json" if visible.startswith((b"{", b"[")) else "csv")
