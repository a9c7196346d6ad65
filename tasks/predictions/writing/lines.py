"""The lines of a spool: a header that says whose rows follow, then one line of JSON for each row, all signed."""

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime

from storage.records import Record
from storage.records.prediction import Prediction, Variant
from tasks.predictions.writing.signing import is_signed, sign

HEADER = 0


class SpoolHeader(Record):
    """The first line of a spool.

    Attributes:
        spool: Version of the format.
        spool_id: A random name; signatures are bound to it.
        user_id: Whose job it is.
        variant: The job, and what the predictions were made with.
        host: Name of the host that wrote it.
        signed: Whether with a secret of the job; otherwise the signatures show damage only.
    """

    spool: Literal[1] = 1
    spool_id: str
    user_id: str
    variant: Variant
    host: str
    created_at: AwareDatetime
    signed: bool


class SpoolLine(Record):
    """One line as it stands in the file.

    Attributes:
        n: Its number, from 0; the header is 0.
        content: A header or a row, as JSON has it.
        mac: Its signature.
    """

    n: int
    content: dict[str, Any]
    mac: str

    def is_signed_by(self, key: str, spool_id: str) -> bool:
        """Whether this key signed the line in this spool, as it is now."""
        return is_signed(self.mac, key, spool_id, self.n, _canonical(self.content))


def parse_line(text: bytes) -> SpoolLine:
    """What a line says, its end left out.

    Raises:
        ValueError: It is no line of a spool.
    """
    return SpoolLine.model_validate(json.loads(text))  # the json that wrote it: it takes NaN and lone surrogates


def header_line(header: SpoolHeader, key: str) -> bytes:
    """The first line, its end included."""
    return _line(HEADER, header.model_dump(mode="json"), key, header.spool_id)


def row_line(number: int, row: Prediction, written_at: datetime, key: str, spool_id: str) -> bytes:
    """The line of a row, its end included; a row that has no time yet is of the time it is written."""
    timed = row if row.created_at is not None else row.model_copy(update={"created_at": written_at})
    return _line(number, timed.model_dump(mode="json"), key, spool_id)


def _line(number: int, content: dict[str, Any], key: str, spool_id: str) -> bytes:
    line = {"n": number, "content": content, "mac": sign(key, spool_id, number, _canonical(content))}
    return json.dumps(line).encode() + b"\n"


def _canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
