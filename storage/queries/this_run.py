"""A run's id to compare with in queries that join, its value hidden from the planner.

Rows as fresh as those of a live run are in no statistics yet. Told the id, the planner expects one row and tries every
pair of rows in turn, which takes hours; not told, it expects as many rows as a run has on average.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import ScalarSelect, literal, select

THIS_RUN: Final = "(SELECT CAST(:run_id AS uuid))"


def this_run(run_id: UUID) -> ScalarSelect[UUID]:
    """The id, for a query that is not written out."""
    return select(literal(run_id)).scalar_subquery()
