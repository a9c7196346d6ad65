"""Look a source through without storing anything."""

from collections import Counter
from collections.abc import Iterable

from storage.records import Thread
from tasks.sources.base import LoadReport, Preview, Selection, commonest
from tasks.sources.columns import Columns
from tasks.sources.grouping.id_table import IdTable
from tasks.sources.read import read_threads


def preview(
    source: str, *, columns: Columns | None = None, selection: Selection | None = None, strict: bool = False
) -> Preview:
    """Read a file, folder or glob and say what is in it.

    Raises:
        SourceError: The source cannot be used, or has a bad row and `strict` is set.
    """
    report = LoadReport()
    return summarise_threads(
        read_threads(source, columns=columns, selection=selection, strict=strict, report=report), report
    )


def summarise_threads(threads: Iterable[Thread], report: LoadReport) -> Preview:
    """What is in threads that are being read with this report; reads them to the end."""
    roles, recorded, expected = Counter[str](), Counter[str](), Counter[str]()
    users = IdTable()
    first = last = None
    for thread in threads:
        if thread.user_id is not None:
            users.add(thread.user_id)
        if thread.created_at is not None:
            first = min(first or thread.created_at, thread.created_at)
        if thread.last_active is not None:
            last = max(last or thread.last_active, thread.last_active)
        for message in thread.messages:
            roles[message.role] += 1
            recorded.update(message.recorded_intents)
            expected.update(message.expected_intents)
    return Preview(
        threads=report.threads,
        messages=report.messages,
        roles=commonest(roles),
        users=len(users),
        first=first,
        last=last,
        recorded_intents=commonest(recorded),
        expected_intents=commonest(expected),
        recognised=tuple(report.recognised),
        bad_rows=report.bad_rows,
        first_bad_rows=tuple(report.first_bad_rows),
        duplicate_ids=report.duplicate_ids,
        duplicate_examples=tuple(report.duplicate_examples),
        continued=report.continued,
        replaced_characters=report.replaced_characters,
    )
