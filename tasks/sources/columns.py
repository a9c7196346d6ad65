"""What the user says about columns: `thread_id=conversationId,text=utterance,role:=user`."""

import csv
from typing import Self, get_args

from pydantic import Field

from storage.records import Record, Role
from tasks.sources.errors import SourceError
from tasks.sources.shapes.aliases import ROLES_OF_COLUMNS, normalise

SETTINGS = ("role", "encoding", "delimiter", "intent_separator")
NAMED_CHARACTERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " ", "newline": "\n"}


class Columns(Record):
    """Which column plays which role, as the user says it. What is not said is recognised.

    Attributes:
        names: Column name (or number, from 1, of a file without a header) by role; "" switches a role off.
        constants: Fixed values, written `KEY:=VALUE`: role, encoding, delimiter, intent_separator.
        speakers: Role by the word that stands in the role column, written `role.WORD=ROLE`; `*` is any other word.
    """

    names: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    speakers: dict[str, Role] = Field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a `--columns` text; entries are separated by commas, one with a comma in it is put in double quotes.

        Raises:
            SourceError: An entry is not understood.
        """
        names: dict[str, str] = {}
        constants: dict[str, str] = {}
        speakers: dict[str, Role] = {}
        for entry in next(csv.reader([text or ""], skipinitialspace=True)):
            key, equals, value = entry.partition("=")
            key, value = key.strip(), value.strip()
            if not equals:
                raise SourceError(f"--columns: {entry!r} is not ROLE=COLUMN, role.WORD=ROLE or NAME:=VALUE")
            if key.endswith(":"):
                constants[_known(key[:-1].strip(), SETTINGS, entry)] = NAMED_CHARACTERS.get(value, value)
            elif key.startswith("role."):
                speakers[_as_word(key.removeprefix("role."))] = _as_role(value, entry)
            else:
                names[_known(key, ROLES_OF_COLUMNS, entry)] = value
        if "role" in constants:
            _as_role(constants["role"], f"role:={constants['role']}")
        return cls(names=names, constants=constants, speakers=speakers)

    @property
    def by_position(self) -> bool:
        """True when columns are named by number: the file has no header line."""
        given = [name for name in self.names.values() if name]
        return bool(given) and all(name.isdecimal() for name in given)


def _known(key: str, known: tuple[str, ...], entry: str) -> str:
    if key not in known:
        raise SourceError(f"--columns: {key!r} in {entry!r} is not known; known are {', '.join(known)}")
    return key


def _as_word(text: str) -> str:
    return "*" if text.strip() == "*" else normalise(text)


def _as_role(word: str, entry: str) -> Role:
    for role in get_args(Role):
        if role == word:
            return role
    raise SourceError(f"--columns: {word!r} in {entry!r} is not a role; roles are {', '.join(get_args(Role))}")
