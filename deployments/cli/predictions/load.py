"""`evalflows predictions load`: rows that waited in spool files, into Postgres."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from deployments.cli.exits import DONE, FAILED, WRONG_USAGE, complain
from storage.errors import JobNotFound
from storage.prediction_store import open_prediction_store
from tasks.predictions.writing.spool import LoadedSpool, SpoolRefused, load_spool


def load(
    spools: Annotated[list[Path], Parameter(negative="")],
    /,
    *,
    unsigned: bool = False,
    json: bool = False,
) -> int:
    """Put predictions that were kept in spool files into Postgres; loading a file again changes nothing.

    Exits with 2 where a file cannot be used, with 1 where some of its rows cannot.

    Args:
        spools: The files; they stay as they are.
        unsigned: Take rows that no secret of their job has signed: you vouch for them.
        json: Print one JSON object a file.
    """
    codes, store = {DONE}, open_prediction_store()
    try:
        for path in spools:
            try:
                loaded = load_spool(path, store, unsigned=unsigned)
            except (SpoolRefused, JobNotFound) as error:
                complain(str(error))
                codes.add(WRONG_USAGE)
                continue
            report(loaded, json)
            codes.add(DONE if loaded.is_whole else FAILED)
    finally:
        store.close()
    return max(codes)


def report(loaded: LoadedSpool, json: bool) -> None:
    """Say what came of a file: what is not in Postgres goes to standard error, with its line."""
    known = loaded.rows - loaded.new
    if json:
        import orjson

        counts = {"loaded": loaded.new, "already_there": known, "refused": loaded.refused}
        about = {"path": str(loaded.path), "job_id": str(loaded.job_id), "truncated": loaded.truncated}
        print(orjson.dumps({**about, **counts}).decode())
        return
    refused = len(loaded.refused)
    print(f"{loaded.path}: job {loaded.job_id}, {loaded.new} loaded, {known} already there, {refused} refused")
    for why in loaded.refused:
        print(f"  {why}", file=sys.stderr)
    if loaded.truncated:
        print("  the last line breaks off, and was left out: its writer was stopped", file=sys.stderr)
