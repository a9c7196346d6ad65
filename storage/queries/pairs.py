"""The scores of each item of a run, to be compared with those of another run."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.this_run import THIS_RUN

AT_ONCE = 5_000
LEADING = 4


@dataclass(frozen=True)
class ItemScores:
    """The scores of a run's items, about 250 bytes each.

    Attributes:
        items: Their ids, in the order of the snapshot.
        keys: A digest of id and content hash of each: equal in two runs where the item is the same.
        clusters: A digest of the user of each, of the item's id where the user is not known.
        badness: How bad each is as a whole; the smaller the worse.
        k: Items x metrics: successes.
        m: Items x metrics: out of how many; 0 where there was nothing to score, NaN where it is unscored.
    """

    items: list[str]
    keys: NDArray[np.bytes_]
    clusters: NDArray[np.bytes_]
    badness: NDArray[np.float64]
    k: NDArray[np.float64]
    m: NDArray[np.float64]


async def read_scores(
    session: AsyncSession, run_id: UUID, query: str, metrics: Sequence[str], repeats: int = 1
) -> ItemScores:
    """Read the scores of every item of a run's snapshot, repeats reduced to one row.

    Args:
        session: Open session.
        run_id: The run.
        query: As `pair_queries.THREAD_SCORES`: four columns on the item, two for each metric.
        metrics: The metrics of the query, in its order.
        repeats: How many rows of each item and evaluator there may be.
    """
    rows = "thread_evaluations" if repeats == 1 else "reduced_evaluations"
    found = await session.stream(text(query.format(rows=rows, run=THIS_RUN)), {"run_id": run_id})
    items: list[str] = []
    about: list[NDArray[np.bytes_]] = [np.empty((0, 2), "S32")]
    figures: list[NDArray[np.float64]] = [np.empty((0, 1 + 2 * len(metrics)))]
    async for part in found.partitions(AT_ONCE):
        items += [row[0] for row in part]
        about.append(np.array([(digest(row[0], row[1]), cluster_of(row)) for row in part], "S32"))
        figures.append(np.array([row[LEADING - 1 :] for row in part], np.float64))
    known, numbers = np.concatenate(about), np.concatenate(figures)
    scores = numbers[:, 1:].reshape(len(items), len(metrics), 2)
    return ItemScores(
        items=items,
        keys=known[:, 0],
        clusters=known[:, 1],
        badness=numbers[:, 0],
        k=np.nan_to_num(scores[:, :, 0]),
        m=scores[:, :, 1],
    )


def cluster_of(row: Sequence[Any]) -> str:
    """Whom an item belongs to."""
    return digest("item", row[0]) if row[2] is None else digest("user", row[2])


def digest(*parts: str) -> str:
    """32 characters that stand for these texts."""
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
