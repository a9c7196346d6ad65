"""Files with options of the user (taxonomy, policy): a list of entries, each with the line it begins on."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

SUFFIXES = (".yaml", ".yml", ".json", ".csv")


class OptionsError(Exception):
    """A file of options cannot be used; the message names file, line and what to do."""


@dataclass(frozen=True)
class Entry:
    """One entry of a file.

    Attributes:
        path: The file.
        line: The line it begins on (in CSV, ends on), from 1.
        value: A bare text, or texts by key.
    """

    path: Path
    line: int
    value: str | dict[str, str]

    def error(self, why: str) -> OptionsError:
        """The error to raise about this entry."""
        return OptionsError(f"{self.path}: line {self.line}: {why}")


def read_entries(path: Path, keys: Sequence[str]) -> list[Entry]:
    """Read a list of texts or of mappings of texts.

    Args:
        path: A YAML, JSON or CSV file in UTF-8.
        keys: The keys an entry may have.

    Raises:
        OptionsError: The file is missing, is no such list, is empty, or has a key that is not among `keys`.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise OptionsError(f"{path}: unknown ending {path.suffix!r}; name it {', '.join(SUFFIXES)}")
    text = _read(path)
    entries = _from_csv(path, text) if suffix == ".csv" else _from_yaml(path, text, is_json=suffix == ".json")
    for entry in entries:
        unknown = set(entry.value) - set(keys) if isinstance(entry.value, dict) else set[str]()
        if unknown:
            raise entry.error(f"unknown key {min(unknown)!r}; known are {', '.join(keys)}")
    if not entries:
        raise OptionsError(f"{path}: holds no entry; write a list of {', '.join(keys)}")
    return entries


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise OptionsError(f"{path}: cannot be read: {error.strerror or error}; check the path") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise OptionsError(f"{path}: line {line}: byte {error.start} is not UTF-8; save the file as UTF-8") from error


def _from_csv(path: Path, text: str) -> list[Entry]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="(a column without a name)", strict=True)
    entries: list[Entry] = []
    try:
        for row in reader:
            filled = {key.strip(): str(value).strip() for key, value in row.items() if value}
            entries.append(Entry(path, reader.line_num, filled))
    except csv.Error as error:
        raise OptionsError(f"{path}: after line {reader.line_num}: {error}; check the quotes") from error
    return entries


def _from_yaml(path: Path, text: str, *, is_json: bool) -> list[Entry]:
    if is_json:
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            raise OptionsError(f"{path}: line {error.lineno}: not JSON: {error.msg}; correct it") from error
        text = text.replace("\t", " ")  # white space to JSON, an error to YAML; never inside a JSON text
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise OptionsError(f"{path}: line {line}: not YAML: {error.problem}; correct it") from error
    except yaml.YAMLError as error:
        raise OptionsError(f"{path}: not YAML: {' '.join(str(error).split())}; correct it") from error
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        raise OptionsError(f"{path}: line 1: not a list; begin each entry with '- '")
    return list(_entries(path, root))


def _entries(path: Path, root: yaml.SequenceNode) -> Iterator[Entry]:
    for node in root.value:
        value = _mapping(path, node) if isinstance(node, yaml.MappingNode) else _text(path, node)
        yield Entry(path, _line(node), value)


def _mapping(path: Path, node: yaml.MappingNode) -> dict[str, str]:
    values: dict[str, str] = {}
    for key_node, value_node in node.value:
        key = _text(path, key_node)
        if key in values:
            raise OptionsError(f"{path}: line {_line(key_node)}: {key!r} stands twice in one entry; remove one")
        values[key] = _text(path, value_node)
    return values


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _text(path: Path, node: yaml.Node) -> str:
    """A scalar as it is written, so that `id: 010` and `name: yes` stay texts."""
    if not isinstance(node, yaml.ScalarNode):
        raise OptionsError(f"{path}: line {_line(node)}: a list or mapping where a text belongs; write a text")
    if node.tag == "tag:yaml.org,2002:null":
        return ""
    # JSON writes characters beyond 16 bits as two escapes, which YAML does not join.
    return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
