"""The budget of a run: all its processes together are never granted more, and what a dead one may have spent counts."""

import asyncio
import random
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from settings import Settings
from storage.budget import BudgetGrants
from storage.database import Database
from storage.queries.budgets import bury_grants, close_grant, extend_grant
from storage.queries.ledger import save_calls, usage_of
from storage.records import Amount, BudgetLimit
from storage.tables import RunBudgetRow
from tests.storage.stored_runs import add_run, make_call

LIMIT = BudgetLimit(usd=Decimal(1), tokens=1000)
NOTHING = Amount()


def amount(tokens: int, usd: str = "0") -> Amount:
    return Amount(usd=Decimal(usd), tokens=tokens)


@dataclass
class Holder:
    """A process of the run, as its grants are kept."""

    database: Database
    run_id: UUID
    id: UUID = field(default_factory=uuid4)

    async def extend(self, settled: Amount, want: Amount, limit: BudgetLimit = LIMIT) -> Amount:
        async with self.database.transaction() as session:
            return await extend_grant(session, self.run_id, self.id, limit, settled, want)

    async def close(self, settled: Amount) -> None:
        async with self.database.transaction() as session:
            await close_grant(session, self.run_id, self.id, settled)


@pytest.fixture
async def run_id(database: Database) -> UUID:
    return await add_run(database)


@pytest.fixture
def one(database: Database, run_id: UUID) -> Holder:
    return Holder(database, run_id)


@pytest.fixture
def other(database: Database, run_id: UUID) -> Holder:
    return Holder(database, run_id)


async def granted(database: Database, run_id: UUID) -> Amount:
    row = RunBudgetRow
    async with database.session() as session:
        found = (await session.execute(select(row.granted_usd, row.granted_tokens).where(row.run_id == run_id))).all()
    return Amount(usd=sum((usd for usd, _ in found), Decimal(0)), tokens=sum(tokens for _, tokens in found))


async def bury(database: Database, run_id: UUID) -> Amount:
    async with database.transaction() as session:
        return await bury_grants(session, run_id, await usage_of(session, run_id))


async def spend(database: Database, run_id: UUID, tokens_in: int, usd: str | None = "0") -> None:
    """A call in the ledger."""
    cost_usd = None if usd is None else Decimal(usd)
    call = make_call(run_id, uuid4().hex, tokens_in=tokens_in, tokens_out=0, cost_usd=cost_usd)
    async with database.transaction() as session:
        await save_calls(session, [call])


async def test_what_is_wanted_is_granted_until_the_budget_ends(one: Holder, other: Holder) -> None:
    assert await one.extend(NOTHING, amount(300, "0.1")) == amount(300, "0.1")
    assert await other.extend(NOTHING, amount(500, "0.95")) == amount(500, "0.9")
    assert await one.extend(amount(200, "0.1"), amount(400)) == amount(300)
    assert await other.extend(amount(500, "0.5"), amount(1, "0.1")) == amount(0, "0.1")


async def test_asking_again_with_the_same_words_changes_nothing(one: Holder, other: Holder) -> None:
    await other.extend(NOTHING, amount(600))
    first = await one.extend(amount(100), amount(500))
    assert await one.extend(amount(100), amount(500)) == first == amount(300)
    assert await granted(one.database, one.run_id) == amount(1000)


async def test_what_was_not_spent_is_free_for_the_others_once_it_is_given_back(one: Holder, other: Holder) -> None:
    await one.extend(NOTHING, amount(1000, "1"))
    assert await other.extend(NOTHING, amount(10, "0.01")) == NOTHING
    for _ in range(2):
        await one.close(amount(400, "0.25"))
    assert await other.extend(NOTHING, amount(1000, "1")) == amount(600, "0.75")


async def test_a_budget_that_was_lowered_below_what_is_spent_grants_nothing(one: Holder) -> None:
    await one.extend(NOTHING, amount(800, "0.5"))
    assert await one.extend(amount(700, "0.4"), amount(10, "0.1"), BudgetLimit(tokens=600)) == amount(0, "0.1")


@pytest.mark.parametrize("limit", [BudgetLimit(tokens=1000), BudgetLimit(usd=Decimal("0.00001000"))])
async def test_many_processes_that_ask_at_once_are_never_granted_more_than_the_limit(
    limit: BudgetLimit, database: Database, run_id: UUID
) -> None:
    dice = random.Random(5)
    settings = Settings()

    async def process(number: int) -> Amount:
        grants, settled, may = BudgetGrants(database, run_id, limit, settings), NOTHING, NOTHING
        for _ in range(12):
            settled = settled + Amount(usd=may.usd / 2, tokens=may.tokens // 2)
            may = await grants.extend(settled, amount(dice.randint(1, 90), f"0.000000{dice.randint(1, 90):02}"))
            await asyncio.sleep(0)
        if number % 2:
            await grants.close(settled)
            return settled
        return settled + may

    spent = [await one for one in asyncio.as_completed([process(number) for number in range(6)])]
    total = sum(spent, start=NOTHING)
    assert limit.tokens is None or 900 < total.tokens <= limit.tokens
    assert limit.usd is None or limit.usd * 9 / 10 < total.usd <= limit.usd


async def test_fractions_smaller_than_postgres_keeps_are_not_granted_again_and_again(
    database: Database, run_id: UUID
) -> None:
    limit, least = BudgetLimit(usd=Decimal("0.00000002")), amount(0, "0.000000004")
    holders = [Holder(database, run_id) for _ in range(10)]
    total = sum([await holder.extend(NOTHING, least, limit) for holder in holders], start=NOTHING)
    assert limit.usd is not None
    assert least.usd <= total.usd <= limit.usd


async def test_what_a_dead_process_may_have_spent_counts_as_spent(database: Database, one: Holder) -> None:
    await one.extend(NOTHING, amount(500, "0.5"))
    await spend(database, one.run_id, 120, "0.1")
    for _ in range(2):
        assert await bury(database, one.run_id) == amount(380, "0.4")
        assert await granted(database, one.run_id) == amount(500, "0.5")
    after = Holder(database, one.run_id)
    assert await after.extend(NOTHING, amount(1000, "1")) == amount(500, "0.5")


async def test_the_losses_of_several_deaths_add_up(database: Database, run_id: UUID) -> None:
    for death in range(1, 4):
        await Holder(database, run_id).extend(NOTHING, amount(200))
        await spend(database, run_id, 150)
        await bury(database, run_id)
        assert (await granted(database, run_id)).tokens == 200 * death
    assert await Holder(database, run_id).extend(NOTHING, amount(1000)) == amount(400)


async def test_what_is_spent_without_a_budget_meanwhile_hides_no_loss(database: Database, one: Holder) -> None:
    await one.extend(NOTHING, amount(500, "0.5"))
    await spend(database, one.run_id, 100, "0.1")
    assert await bury(database, one.run_id) == amount(400, "0.4")
    await spend(database, one.run_id, 250, "0.25")  # by a process that had no budget
    for _ in range(2):
        assert await bury(database, one.run_id) == amount(400, "0.4")
    assert await granted(database, one.run_id) == amount(750, "0.75")


async def test_a_process_that_ended_well_has_lost_nothing(database: Database, one: Holder) -> None:
    await one.extend(NOTHING, amount(500, "0.5"))
    await spend(database, one.run_id, 120, "0.1")
    await one.close(amount(120, "0.1"))
    assert await bury(database, one.run_id) == NOTHING
    assert await granted(database, one.run_id) == amount(120, "0.1")


async def test_a_run_that_had_no_budget_at_first_is_counted_with_all_it_has_spent(
    database: Database, one: Holder
) -> None:
    assert await bury(database, one.run_id) == NOTHING
    await spend(database, one.run_id, 700, "0.3")
    assert await bury(database, one.run_id) == NOTHING
    assert await one.extend(NOTHING, amount(1000, "1")) == amount(300, "0.7")


async def test_without_a_known_price_tokens_are_counted_all_the_same(database: Database, one: Holder) -> None:
    await one.extend(NOTHING, amount(500), BudgetLimit(tokens=1000))
    await spend(database, one.run_id, 100, usd=None)
    assert await bury(database, one.run_id) == amount(400)
    assert (await granted(database, one.run_id)).tokens == 500


async def test_runs_do_not_share_a_budget(database: Database, one: Holder) -> None:
    neighbour = Holder(database, await add_run(database))
    await one.extend(NOTHING, amount(1000, "1"))
    assert await neighbour.extend(NOTHING, amount(1000, "1")) == amount(1000, "1")
    await bury(database, one.run_id)
    assert (await granted(database, neighbour.run_id)).tokens == 1000


async def test_closing_what_was_never_asked_for_writes_nothing(database: Database, run_id: UUID) -> None:
    await BudgetGrants(database, run_id, LIMIT, Settings()).close(NOTHING)
    async with database.session() as session:
        assert (await session.execute(select(RunBudgetRow))).all() == []
