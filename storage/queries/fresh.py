"""Threads that are evaluated already: by these evaluators at these versions, by this judge, with this content."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, ScalarSelect, Select, Text, cast, distinct, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from storage.records import RETRYABLE, Record
from storage.tables import EvalRunRow, ThreadEvaluationRow


class Settling(Record):
    """What a thread must have to be evaluated; one that lacks any of it is pending, or stale.

    Attributes:
        app: Which bot the run was about.
        judge: `rules` or `provider:model`.
        versions: Version of each evaluator, by name.
        options: Digest of the options that the evaluators had (intents, policy, ...); None where it is not kept.
        repeats: How often each evaluator is to have judged.
    """

    app: str
    judge: str
    versions: dict[str, str]
    options: str | None = None
    repeats: int = 1

    @property
    def rows(self) -> int:
        """Final rows there are of a thread that is evaluated."""
        return len(self.versions) * self.repeats


def final_rows(wanted: Settling, thread_id: ColumnElement[str], content_hash: ColumnElement[str]) -> ScalarSelect[int]:
    """How many of the rows wanted a thread has, in any run: scored, or unscored for a reason that will not pass."""
    row, run = ThreadEvaluationRow, EvalRunRow
    return (
        select(func.count(distinct(tuple_(row.evaluator, row.repeat))))
        .join(run, run.id == row.run_id)
        .where(
            row.thread_id == thread_id,
            row.content_hash == content_hash,
            row.judge == wanted.judge,
            row.repeat < wanted.repeats,
            tuple_(row.evaluator, row.evaluator_version).in_(list(wanted.versions.items())),
            or_(row.reason.is_(None), row.reason.not_in(sorted(RETRYABLE))),
            run.app == wanted.app,
            run.versions["options"].astext.is_not_distinct_from(wanted.options),
        )
        .scalar_subquery()
    )


def only_fresh(query: Select[*tuple[Any, ...]], wanted: Settling) -> Select[*tuple[Any, ...]]:
    """Those threads of a query (external_id, content_hash) that are not evaluated yet."""
    found = query.selected_columns
    return query.where(final_rows(wanted, found.external_id, found.content_hash) < wanted.rows)


async def settled_threads(
    session: AsyncSession, wanted: Settling, threads: Sequence[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Which of these threads are evaluated; ask about some hundreds at a time.

    Args:
        session: Open session.
        wanted: What they must have.
        threads: External id and content hash of each.
    """
    if not threads:
        return set()
    ids, hashes = (cast(list(part), ARRAY(Text)) for part in zip(*threads, strict=True))
    asked = func.unnest(ids, hashes).table_valued("external_id", "content_hash").render_derived()
    query = select(asked.c.external_id, asked.c.content_hash).where(
        final_rows(wanted, asked.c.external_id, asked.c.content_hash) >= wanted.rows
    )
    return {(row.external_id, row.content_hash) for row in await session.execute(query)}
