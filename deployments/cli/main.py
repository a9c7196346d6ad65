"""The command `evalflows`: finds the command asked for, imports no other, and turns errors into exit codes."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App
from dotenv import find_dotenv, load_dotenv

from deployments.cli.exits import FAILED, INTERRUPTED, WRONG_USAGE, complain, is_users_error

COMMANDS = {
    "run": "deployments.cli.run:app",
    "import": "deployments.cli.import_threads:app",
    "runs": "deployments.cli.runs:app",
    "stats": "deployments.cli.stats:stats",
    "db": "deployments.cli.db:app",
    "up": "deployments.cli.stack:up",
    "down": "deployments.cli.stack:down",
}


def make_app() -> App:
    """The command tree; a command's module is imported when it is used."""
    app = App(name="evalflows", help="Evaluate conversational AI: flows on Prefect, every result in Postgres.")
    for name, where in COMMANDS.items():
        app.command(where, name=name)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failed, 2 wrong usage or unusable input, 130 interrupted."""
    load_dotenv(find_dotenv(usecwd=True))
    os.environ["PREFECT_SERVER_EPHEMERAL_ENABLED"] = "false"
    sys.exit(call(list(arguments if arguments is not None else sys.argv[1:])))


def call(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    try:
        code = make_app()(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 the last border: every error becomes a line and an exit code
        if not is_users_error(error):
            complain(f"{type(error).__name__}: {error}")
            return FAILED
        complain(str(error))
        return WRONG_USAGE
    return code if isinstance(code, int) else 0
