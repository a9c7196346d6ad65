"""Take some of the threads: by id, by time, a sample that does not depend on their order, the first so many."""

import hashlib
import heapq
import pickle
import tempfile
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import cast

from tasks.sources.base import LoadReport, Selection
from tasks.sources.shapes.pieces import ThreadFields


def select_threads(threads: Iterator[ThreadFields], selection: Selection, report: LoadReport) -> Iterator[ThreadFields]:
    """The threads selected, in file order."""
    if selection.thread_ids:
        wanted = frozenset(selection.thread_ids)
        threads = (thread for thread in threads if thread["external_id"] in wanted)
    if selection.since is not None:
        threads = _active_since(threads, selection.since, report)
    if selection.sample:
        threads = _sample(threads, selection.sample, selection.seed)
    return islice(threads, selection.limit) if selection.limit else threads


def _active_since(threads: Iterator[ThreadFields], since: datetime, report: LoadReport) -> Iterator[ThreadFields]:
    for thread in threads:
        moment = cast("datetime | None", thread.get("last_active", thread.get("created_at")))
        if moment is None:
            report.without_time += 1
        elif moment >= since:
            yield thread


def _sample(threads: Iterator[ThreadFields], size: int, seed: int) -> Iterator[ThreadFields]:
    """The threads with the smallest SHA-256 of seed and id; those that may be among them wait in a temporary file."""
    smallest: list[tuple[int, int]] = []  # a heap with the largest hash first: (-hash, where it lies)
    with tempfile.TemporaryFile(prefix="evalflows-sample-") as waiting:
        for thread in threads:
            key = hashlib.sha256(f"{seed}:{thread['external_id']}".encode()).digest()
            rank = -int.from_bytes(key[:16])
            if len(smallest) == size and rank < smallest[0][0]:
                continue
            entry = (rank, waiting.tell())
            heapq.heappush(smallest, entry) if len(smallest) < size else heapq.heapreplace(smallest, entry)
            pickle.dump(thread, waiting, pickle.HIGHEST_PROTOCOL)
        for place in sorted(place for _, place in smallest):
            waiting.seek(place)
            yield cast("ThreadFields", pickle.load(waiting))  # our own temporary file
