"""The database: transactions, roles, and getting over a restart."""

from sqlalchemy import text

from storage.database import Database


async def test_a_test_database_has_the_tables(database: Database) -> None:
    async with database.session() as session:
        assert await session.scalar(text("SELECT count(*) FROM thread_results")) == 0


async def test_another_test_database_is_another_one(database: Database) -> None:
    async with database.session() as session:
        assert await session.scalar(text("SELECT current_user::text")) == "evalflows_app"
