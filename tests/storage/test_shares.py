"""Processes that share a limit: together never more than the whole, and what one leaves behind is the others'."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier
from sqlalchemy import func, select

from settings import Settings
from storage.database import Database
from storage.embedded import EmbeddedServer
from storage.queries.leases import drop_leases, renew_lease
from storage.shares import LASTS_PERIODS, Shares
from storage.tables import RateLeaseRow
from tests.fixtures.database import superuser

SCOPE = "openai https://api small"
PERIOD_SECONDS = 0.2
FAR_SECONDS = 600.0
"""A period of which no test sees the end."""

PATIENCE_SECONDS = 60

NewShares = Callable[..., Awaitable[Shares]]


@pytest.fixture
async def joined(database: Database, settings: Settings) -> AsyncIterator[NewShares]:
    """A process that has joined; all leave at the end."""
    made: list[Shares] = []

    async def join(period_seconds: float = PERIOD_SECONDS, scope: str = SCOPE) -> Shares:
        shares = Shares(database, settings.model_copy(update={"lease_seconds": period_seconds}))
        made.append(shares)
        await shares.join(scope)
        return shares

    yield join
    for shares in made:
        await shares.leave()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that the next renewals bring about."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():
            await asyncio.sleep(PERIOD_SECONDS / 10)


async def leases(database: Database) -> int:
    async with database.session() as session:
        return (await session.execute(select(func.count()).select_from(RateLeaseRow))).scalar_one()


async def test_one_alone_has_all_a_newcomer_nothing_at_first_and_then_each_a_half(joined: NewShares) -> None:
    first = await joined()
    assert first.share(SCOPE) == 1.0
    second = await joined(FAR_SECONDS)
    assert second.share(SCOPE) == 0.0
    await until(lambda: first.share(SCOPE) == 0.5)
    third = await joined()
    assert third.share(SCOPE) == 0.0
    await until(lambda: first.share(SCOPE) == third.share(SCOPE) == 1 / 3)
    assert second.share(SCOPE) == 0.0


async def test_who_leaves_leaves_its_part_to_the_others(joined: NewShares, database: Database) -> None:
    first, second = await joined(), await joined()
    await until(lambda: first.share(SCOPE) == second.share(SCOPE) == 0.5)
    await first.leave()
    await until(lambda: second.share(SCOPE) == 1.0)
    await second.leave()
    assert await leases(database) == 0
    assert (await joined()).share(SCOPE) == 1.0


async def test_who_dies_without_a_word_is_left_out_once_its_lease_is_over(
    joined: NewShares, database: Database
) -> None:
    async with database.transaction() as session:
        assert await renew_lease(session, SCOPE, uuid4(), LASTS_PERIODS * PERIOD_SECONDS) == 1
    survivor = await joined()
    await until(lambda: survivor.share(SCOPE) == 1.0)
    assert await leases(database) == 1


async def test_many_that_join_at_the_same_instant_have_the_limit_once(joined: NewShares) -> None:
    found = await asyncio.gather(*(joined(FAR_SECONDS) for _ in range(6)))
    assert sorted(shares.share(SCOPE) for shares in found) == [0.0] * 5 + [1.0]


async def test_other_limits_are_not_shared(joined: NewShares) -> None:
    first, second = await joined(), await joined(scope="another")
    await first.join("a second one of the first")
    await asyncio.sleep(2 * PERIOD_SECONDS)
    assert [first.share(SCOPE), second.share("another"), first.share("a second one of the first")] == [1.0] * 3


async def test_a_limit_joined_while_leases_are_renewed_does_not_end_the_renewing(
    joined: NewShares, database: Database
) -> None:
    shares = await joined(PERIOD_SECONDS / 10)
    for number in range(30):
        await shares.join(f"limit {number}")
    async with database.transaction() as session:
        await renew_lease(session, SCOPE, uuid4(), FAR_SECONDS)
    await until(lambda: shares.share(SCOPE) == 0.5)


@contextmanager
def nobody_connects(server: EmbeddedServer, settings: Settings) -> Generator[None]:
    """The database throws everybody out and lets nobody in while the block runs."""
    assert settings.database_url is not None
    name = str(conninfo_to_dict(settings.database_url.get_secret_value())["dbname"])
    with superuser(server) as connection:
        connection.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(name)))
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        try:
            yield
        finally:
            connection.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(Identifier(name)))


async def test_while_the_database_is_away_each_keeps_its_share_and_agrees_again_when_it_is_back(
    joined: NewShares,
    database: Database,
    settings: Settings,
    embedded_server: EmbeddedServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = await joined(), await joined()
    await until(lambda: first.share(SCOPE) == second.share(SCOPE) == 0.5)
    with nobody_connects(embedded_server, settings):
        await until(lambda: caplog.text.count("leases not renewed") >= 2 * (LASTS_PERIODS + 1))
        assert [first.share(SCOPE), second.share(SCOPE)] == [0.5, 0.5]
    async with database.transaction() as session:
        await renew_lease(session, SCOPE, holder := uuid4(), FAR_SECONDS)
    await until(lambda: first.share(SCOPE) == second.share(SCOPE) == 1 / 3)
    async with database.transaction() as session:
        await drop_leases(session, [SCOPE], holder)
    await until(lambda: first.share(SCOPE) == second.share(SCOPE) == 0.5)


async def test_leaving_while_the_database_is_away_is_no_error(
    joined: NewShares, settings: Settings, embedded_server: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    shares = await joined()
    with nobody_connects(embedded_server, settings):
        await shares.leave()
    assert "leases not given up, they expire" in caplog.text


async def test_who_never_joined_has_nothing_to_give_up(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await renew_lease(session, SCOPE, uuid4(), FAR_SECONDS)
    await Shares(database, settings).leave()
    assert await leases(database) == 1
