"""Spools into Postgres: whether one may be believed, and its rows, as often as it is asked for."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from storage.errors import RowsRefused
from storage.records.prediction import Prediction
from tasks.predictions.writing.reading import SpoolFile, SpoolRefused, left_spools, read_spool
from tasks.predictions.writing.signing import NO_KEY
from tasks.predictions.writing.sink import PredictionSink

__all__ = ["LoadedSpool", "SpoolFile", "SpoolRefused", "left_spools", "load_spool", "read_spool", "save_each"]

BATCH_ROWS = 200
HOW_TO_SIGN = "trainings started with `evalflows jobs exec` sign their rows"


@dataclass(frozen=True)
class LoadedSpool:
    """What came of loading a spool.

    Attributes:
        rows: Rows that were accepted.
        new: Those of them that were not there before.
        refused: One line for each row that was refused: its line in the file, and why.
        truncated: Whether the last line breaks off.
    """

    path: Path
    job_id: UUID
    user_id: str
    rows: int
    new: int
    refused: tuple[str, ...]
    truncated: bool

    @property
    def is_whole(self) -> bool:
        """Whether all that can be read of it is in Postgres."""
        return not self.refused


def load_spool(path: Path, sink: PredictionSink, *, host: str | None = None, unsigned: bool = False) -> LoadedSpool:
    """Save the rows of a spool that their signatures prove to be the job's; a second time changes nothing.

    A spool is believed that was signed with a secret of its job, or that was written without one on this host for a
    job that has none. Its variant must be pinned to the same prompts and settings, or not yet.

    Args:
        path: The file. It stays as it is.
        sink: Where to.
        host: Name of this host; default: what it calls itself.
        unsigned: Believe a spool that is not signed all the same, because whoever loads it vouches for it.

    Raises:
        SpoolRefused: None of it may be loaded.
        storage.errors.JobNotFound: Its user has no such job.
        storage.errors.DatabaseError: The database is away; what was loaded by then stays.
    """
    spool = read_spool(path)
    hashes = sink.token_hashes(spool.header.user_id, spool.header.variant.job_id)
    if not unsigned:
        _refuse_unsigned(spool, hashes, host or platform.node())
    key = _key_of(spool, hashes)
    _pin(spool, sink)
    rows, refused = _believed(spool, key)
    new = 0
    for start in range(0, len(rows), BATCH_ROWS):
        saved, kept_out = save_each(sink, spool.header.user_id, [row for _, row in rows[start : start + BATCH_ROWS]])
        new += saved
        refused += [f"line {rows[start + place][0]}: Postgres refused it: {why}" for place, why in kept_out.items()]
    return LoadedSpool(
        path=path,
        job_id=spool.header.variant.job_id,
        user_id=spool.header.user_id,
        rows=len(spool.lines) + len(spool.damaged) - len(refused),
        new=new,
        refused=tuple(refused),
        truncated=spool.truncated,
    )


def save_each(sink: PredictionSink, user_id: str, rows: Sequence[Prediction]) -> tuple[int, dict[int, str]]:
    """Save rows together, or where one is refused one by one.

    Returns:
        How many are new, and why not for each that was refused, by its place among the rows.
    """
    try:
        return sink.save(user_id, rows), {}
    except RowsRefused as error:
        if len(rows) == 1:
            return 0, {0: str(error)}
    saved, refused = 0, dict[int, str]()
    for place, row in enumerate(rows):
        new, why = save_each(sink, user_id, [row])
        saved += new
        if why:
            refused[place] = why[0]
    return saved, refused


def _refuse_unsigned(spool: SpoolFile, hashes: Sequence[str], host: str) -> None:
    """Refuse what anybody could have written."""
    path, header = spool.path, spool.header
    if header.signed:
        return
    if hashes:
        raise SpoolRefused(
            f"{path} is not signed, and job {header.variant.job_id} has a secret to sign with: {HOW_TO_SIGN}; "
            "vouch for it yourself with --unsigned"
        )
    if header.host != host:
        raise SpoolRefused(
            f"{path} is not signed and was written on host {header.host!r}: load it there; {HOW_TO_SIGN}, "
            "and are loaded anywhere; or vouch for it yourself with --unsigned"
        )


def _key_of(spool: SpoolFile, hashes: Sequence[str]) -> str:
    """The key the spool is signed with; `NO_KEY` for one that is not signed, and whole."""
    path, header = spool.path, spool.header
    for key in hashes if header.signed else (NO_KEY,):
        if spool.header_line.is_signed_by(key, header.spool_id):
            return key
    wrong = f"was not signed with a secret of job {header.variant.job_id}, or its first line was changed since"
    raise SpoolRefused(f"{path} {wrong if header.signed else 'is damaged: its first line was changed'}")


def _pin(spool: SpoolFile, sink: PredictionSink) -> None:
    wanted = spool.header.variant
    pinned = sink.pin(spool.header.user_id, wanted)
    if not pinned.is_made_like(wanted):
        raise SpoolRefused(
            f"{spool.path} has predictions of other prompts or settings than job {wanted.job_id} has as variant "
            f"{wanted.variant!r}: predict again under another variant"
        )


def _believed(spool: SpoolFile, key: str) -> tuple[list[tuple[int, Prediction]], list[str]]:
    """The rows that are signed and belong here, each with its line, and what is wrong with the others."""
    believed: list[tuple[int, Prediction]] = []
    refused = [f"line {number}: it is not a line of a spool" for number in spool.damaged]
    variant = spool.header.variant
    for number, line in spool.lines.items():
        if not line.is_signed_by(key, spool.header.spool_id):
            refused.append(f"line {number}: its signature is not of what it says: it was changed since")
            continue
        try:
            row = Prediction.model_validate(line.content)
        except ValidationError as error:
            refused.append(f"line {number}: {error.errors(include_url=False)[0]['msg']}")
            continue
        if (row.job_id, row.variant) != (variant.job_id, variant.variant):
            refused.append(f"line {number}: it is of job {row.job_id}, variant {row.variant!r}")
            continue
        believed.append((number, row))
    return believed, refused
