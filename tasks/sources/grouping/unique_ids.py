"""Ids that repeat are made unique: the second `id` becomes `id#2`."""

from collections.abc import Iterator

from tasks.sources.base import KEPT_EXAMPLES, LoadReport
from tasks.sources.grouping.id_table import IdTable
from tasks.sources.shapes.pieces import ThreadFields


def make_ids_unique(threads: Iterator[ThreadFields], report: LoadReport) -> Iterator[ThreadFields]:
    """The threads, each under an id of its own; none is left out, not even one that is the same to the letter."""
    seen = IdTable()
    repeats: dict[str, int] = {}
    for thread in threads:
        name = given = str(thread["external_id"])
        while not seen.add(name):
            repeats[given] = repeats.get(given, 1) + 1
            name = f"{given}#{repeats[given]}"
        if name != given:
            thread["external_id"] = name
            report.duplicate_ids += 1
            if len(report.duplicate_examples) < KEPT_EXAMPLES:
                report.duplicate_examples.append(name)
        yield thread
