"""The budget of a run, shared by its processes through Postgres."""

from uuid import UUID, uuid4

from settings import Settings
from storage.database import Database
from storage.patience import with_patience
from storage.queries.budgets import close_grant, extend_grant
from storage.records import Amount, BudgetLimit


class BudgetGrants:
    """What one process was granted of the budget of a run."""

    def __init__(self, database: Database, run_id: UUID, limit: BudgetLimit, settings: Settings) -> None:
        """Nothing is granted yet."""
        self._database = database
        self._run_id = run_id
        self._limit = limit
        self._patience_seconds = settings.database_patience_seconds
        self._holder = uuid4()
        self._asked = False

    async def extend(self, settled: Amount, want: Amount) -> Amount:
        """What may be spent beyond what is settled, at most `want`; less where the budget ends."""

        async def extend() -> Amount:
            async with self._database.transaction() as session:
                return await extend_grant(session, self._run_id, self._holder, self._limit, settled, want)

        self._asked = True
        return await with_patience(extend, self._patience_seconds)

    async def close(self, settled: Amount) -> None:
        """Give back what was granted and not spent."""

        async def close() -> None:
            async with self._database.transaction() as session:
                await close_grant(session, self._run_id, self._holder, settled)

        if self._asked:
            await with_patience(close, self._patience_seconds)
