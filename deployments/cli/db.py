"""`evalflows db`: where the database is, migrations, a check, retention."""

from cyclopts import App

from deployments.cli.exits import DONE
from deployments.cli.session import with_database
from settings import get_settings
from storage.database import Database, database_url
from storage.roles import Role

app = App(name="db", help="The database: its URL, migrations, a check, retention.")
app.command("deployments.cli.prune:prune", name="prune", help="Delete old runs, or erase their prompts and answers.")


@app.command
def url(*, role: Role = "app") -> int:
    """Print a libpq URL that psql and psycopg accept.

    Args:
        role: owner (migrations), app (reads and writes) or read (dashboards).
    """
    print(database_url(get_settings(), role))
    return DONE


@app.command
def upgrade() -> int:
    """Bring the tables up to date; every command does so by itself, this one does nothing else."""

    async def nothing_more(database: Database) -> None:
        return None

    with_database(nothing_more)
    print("the database is up to date")
    return DONE


@app.command
def check() -> int:
    """Say what database is in use and whether it is usable."""
    from sqlalchemy import text

    async def ask(database: Database) -> tuple[str, str]:
        async with database.session() as session:
            query = "SELECT current_setting('server_version'), current_user::text"
            version, user = (await session.execute(text(query))).one()
            return str(version), str(user)

    version, user = with_database(ask)
    print(f"Postgres {version}, connected as {user}, tables up to date")
    return DONE
