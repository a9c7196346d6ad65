"""The command `evalflows`: finds the command asked for, imports no other, and turns errors into exit codes."""

import atexit
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from cyclopts import App
from dotenv import find_dotenv, load_dotenv

from deployments.cli.appearance import OPTIONS
from deployments.cli.exits import DONE, FAILED, INTERRUPTED, WRONG_USAGE, complain, is_users_error

COMMANDS = {
    "run": ("deployments.cli.run:app", "Run a flow, go on with a run that stopped, or queue one for a worker."),
    "runs": ("deployments.cli.runs:app", "List, show, compare, export, cancel and requeue runs."),
    "predictions": (
        "deployments.cli.predictions.command:app",
        "What a model said at each step of its training: read, compare, load, export.",
    ),
    "stats": ("deployments.cli.stats:stats", "Figures over all runs, by app, flow and judge."),
    "import": ("deployments.cli.import_threads:app", "Put threads into Postgres, or look a file through first."),
    "jobs": ("deployments.cli.jobs.command:app", "Training jobs: create, exec, list, show and delete them."),
    "demo": ("deployments.cli.demo:app", "See what evalflows does on samples: a tiny fine-tune, watched."),
    "db": ("deployments.cli.db:app", "The database: its URL, migrations, a check, retention."),
    "up": ("deployments.cli.stack:up", "Start database, Prefect server with UI, worker and deployments, until Ctrl-C."),
    "down": ("deployments.cli.stack:down", "Stop everything that runs under this EVALFLOWS_HOME."),
}


def make_app() -> App:
    """The command tree; a command's module is imported when it is used."""
    app = App(
        name="evalflows",
        help="Evaluate conversational AI: flows on Prefect, every result in Postgres.",
        help_epilogue="First steps: evalflows run evaluate-threads --source FILE",
        version=_version,
        default_parameter=OPTIONS,
    )
    for place, (name, (where, says)) in enumerate(COMMANDS.items()):
        app.command(where, name=name, help=says, sort_key=place)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failed, 2 wrong usage or unusable input, 130 interrupted."""
    endings: list[int] = []
    atexit.register(leave, endings)  # the first to be registered is the last to run
    load_dotenv(find_dotenv(usecwd=True))
    os.environ["PREFECT_SERVER_EPHEMERAL_ENABLED"] = "false"
    os.environ.setdefault("DO_NOT_TRACK", "1")  # Prefect's client would send usage data, and print that it does
    code = call(list(arguments if arguments is not None else sys.argv[1:]))
    endings.append(code)
    sys.exit(code)


def leave(endings: Sequence[int]) -> None:
    """End the process, all other exit handlers done, without freeing what it holds piece by piece (0.4 s)."""
    if endings:
        with suppress(BrokenPipeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(endings[0])


def call(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    try:
        code = make_app()(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `| head` has read enough; nothing is left to say, also not when Python flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:  # noqa: BLE001 the last border: every error becomes a line and an exit code
        if not is_users_error(error):
            complain(f"{type(error).__name__}: {error}")
            return FAILED
        complain(str(error))
        return WRONG_USAGE
    return code if isinstance(code, int) else 0


def _version() -> str:
    from importlib.metadata import version

    return version("evalflows")
