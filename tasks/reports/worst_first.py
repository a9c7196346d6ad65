"""Keep the worst threads of any number of them: their JSON on disk, only their order in memory."""

import heapq
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from pydantic import JsonValue

from tasks.reports.encoding import script_json
from tasks.reports.repeats import Reducer, chosen_repeats
from tasks.reports.severity import severity
from tasks.reports.thread import ReportThread
from tasks.reports.view import thread_view


class Span(NamedTuple):
    """Where one thread's JSON lies in the spool. Sorts with the least severe first, so that a heap drops that one."""

    negated_key: tuple[float, ...]
    offset: int
    length: int


class Kept(NamedTuple):
    """The threads that made it, worst first, and how many there were."""

    spans: list[Span]
    total: int


def keep_worst(
    threads: Iterable[ReportThread], limit: int, largest_bytes: int, spool: BinaryIO, reducer: Reducer = "majority"
) -> Kept:
    """Write the worst threads' JSON to the spool.

    Args:
        threads: Any number of threads; taken one by one.
        limit: Most threads kept; 0 keeps all.
        largest_bytes: Most bytes kept, the worst threads first; at least one thread is kept.
        spool: An empty file, read back with `read_spans`.
        reducer: Which repeat a thread goes by.
    """
    heap: list[Span] = []
    total = 0
    for reported in threads:
        counted = list(chosen_repeats(reported.evaluations, reducer).values())
        negated = (*(-part for part in severity(counted)), -total)
        total += 1
        if limit and len(heap) >= limit:
            if negated > heap[0].negated_key:
                heapq.heapreplace(heap, _spooled(negated, thread_view(reported, reducer), spool))
        else:
            heapq.heappush(heap, _spooled(negated, thread_view(reported, reducer), spool))
    return Kept(list(_within(sorted(heap, reverse=True), largest_bytes)), total)


def read_spans(spans: Iterable[Span], spool: BinaryIO) -> Iterator[bytes]:
    """The JSON of each kept thread."""
    for span in spans:
        spool.seek(span.offset)
        yield spool.read(span.length)


def _spooled(negated_key: tuple[float, ...], view: JsonValue, spool: BinaryIO) -> Span:
    encoded = script_json(view)
    offset = spool.tell()
    spool.write(encoded)
    return Span(negated_key, offset, len(encoded))


def _within(spans: Iterable[Span], largest_bytes: int) -> Iterator[Span]:
    """The first spans that fit together; the first one always does."""
    used = 0
    for number, span in enumerate(spans):
        used += span.length
        if number and used > largest_bytes:
            return
        yield span
