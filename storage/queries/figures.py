"""The figures of a run, counted in Postgres: what a summary is made of, whatever the number of threads."""

from collections import defaultdict
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Result, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.queries.figure_queries import (
    COMPLETED,
    COUNT,
    EVALUATORS,
    INTENT,
    LABELLED,
    LABELS,
    QUERY_TYPE,
    SUCCESS,
    UNSCORED_INTENTS,
    WORST,
)
from storage.queries.this_run import THIS_RUN
from storage.records import RunFigures, SuccessFigures, WorstThread


class Ask(Protocol):
    """Runs one of the queries on the rows of one run."""

    async def __call__(self, query: str, **parameters: object) -> Result[*tuple[Any, ...]]:
        """Run it, with what it needs beyond the run."""
        ...


async def count_figures(
    session: AsyncSession, run_id: UUID, evaluators: list[str], worst: int = 5, repeats: int = 1
) -> RunFigures:
    """Count the figures of a run over the rows it has, repeats reduced to one row of each thread and evaluator.

    Args:
        session: Open session.
        run_id: The run.
        evaluators: Those of the run.
        worst: How many threads to name.
        repeats: How many rows of each thread and evaluator make a thread complete.
    """
    ask = partial(_ask, session, "thread_evaluations" if repeats == 1 else "reduced_evaluations", run_id=run_id)
    by_evaluator: dict[str, dict[str, int]] = {name: {} for name in evaluators}
    for evaluator, reason, n in await ask(EVALUATORS):
        by_evaluator.setdefault(evaluator, {})[reason] = n
    completed = await ask(COMPLETED, evaluators=evaluators, repeats=repeats, wanted=len(evaluators) * repeats)
    worst_rows = await ask(WORST, limit=worst)
    return RunFigures(
        evaluators=by_evaluator,
        completed=completed.scalar_one(),
        success=await _success(ask),
        intent=tuple(int(n) for n in (await ask(INTENT)).one()),
        query_type=tuple(int(n) for n in (await ask(QUERY_TYPE)).one()),
        unscored_intents=int((await ask(UNSCORED_INTENTS)).scalar_one()),
        counts={name: {label: n for label, n in await ask(COUNT.format(labels=LABELS[name]))} for name in LABELS},
        worst=tuple(WorstThread.model_validate(row, from_attributes=True) for row in worst_rows),
    )


async def _ask(session: AsyncSession, rows: str, query: str, **parameters: object) -> Result[*tuple[Any, ...]]:
    return await session.execute(text(query.format(rows=rows, run=THIS_RUN)), parameters)


async def _success(ask: Ask) -> SuccessFigures:
    statuses: dict[bool, int] = defaultdict(int)
    unscored: dict[str, int] = defaultdict(int)
    for status, reason, n in await ask(SUCCESS):
        if status is None:
            unscored[reason] += n
        else:
            statuses[status] += n
    agree, labelled = (await ask(LABELLED)).one()
    return SuccessFigures(
        true=statuses[True],
        false=statuses[False],
        unscored=dict(unscored),
        labelled_agree=agree,
        labelled=labelled,
    )
