"""Ids that repeat are made unique: the second `id` becomes `id#2`."""

from collections.abc import Iterator

from tasks.sources.base import KEPT_EXAMPLES, LoadReport
from tasks.sources.pieces import ThreadFields
from tasks.sources.row_spool import digest


def make_ids_unique(threads: Iterator[ThreadFields], report: LoadReport) -> Iterator[ThreadFields]:
    """The threads, each under an id of its own; nothing is left out, not even a thread that is the same to the letter.

    Memory: about 100 bytes a thread.
    """
    seen: set[int] = set()
    repeats: dict[int, int] = {}
    for thread in threads:
        given = str(thread["external_id"])
        name, key = given, digest(given)
        while digest(name) in seen:
            repeats[key] = repeats.get(key, 1) + 1
            name = f"{given}#{repeats[key]}"
        seen.add(digest(name))
        if name != given:
            thread["external_id"] = name
            report.duplicate_ids += 1
            if len(report.duplicate_examples) < KEPT_EXAMPLES:
                report.duplicate_examples.append(name)
        yield thread
