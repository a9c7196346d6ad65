"""What the command says about itself, and that saying it starts nothing."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from deployments.cli.main import COMMANDS
from deployments.local.server import server_status
from settings import Settings
from tests.fixtures.command import RunCommand
from tests.fixtures.database import new_home, remove_home


def test_every_command_is_listed_with_what_it_does_and_the_version_is_ours(run_command: RunCommand) -> None:
    told = run_command("--help", COLUMNS="100")
    assert (told.code, told.stderr) == (0, "")
    for name, (_, says) in COMMANDS.items():
        line = next(line for line in told.stdout.splitlines() if line.strip("\u2502 ").startswith(f"{name} "))
        assert says[:40] in line
    assert run_command("--version").stdout == f"{version('evalflows')}\n"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("run",), ["run FLOW", "evaluate-threads"]),
        (("runs",), ["list", "show", "export", "cancel"]),
        (("runs", "list"), ["--status", "--limit"]),
        (("runs", "show"), ["RUN_ID", "threads, logs"]),
        (("runs", "export"), ["RUN_ID", "--html", "--csv"]),
        (("runs", "cancel"), ["RUN_ID"]),
        (("stats",), ["--app"]),
        (("import",), ["threads"]),
        (("import", "threads"), ["FILE", "--dry-run"]),
        (("db",), ["url", "upgrade", "check"]),
        (("db", "url"), ["owner, app, read"]),
        (("up",), ["Ctrl-C"]),
        (("down",), ["EVALFLOWS_HOME"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_each_command_explains_its_options(
    command: tuple[str, ...], says: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from deployments.cli.main import call

    assert call([*command, "--help"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert [text for text in says if text not in told.out] == []
    assert not any(noise in told.out for noise in ("--no-", 'default: ""', "default: []", "default: False"))


def test_a_flow_explains_its_parameters_and_nothing_is_started(run_command: RunCommand) -> None:
    home = new_home()
    try:
        told = run_command("run", "evaluate-threads", "--help", EVALFLOWS_HOME=str(home), COLUMNS="100")
        assert (told.code, told.stderr) == (0, "")
        assert "evaluate-threads --source SOURCE [OPTIONS]" in told.stdout
        assert "Required, unless a run is resumed" in told.stdout
        for option in ("--judge", "--thread-ids", "--concurrency", "--resume RUN_ID", "--queue", "--html FILE"):
            assert option in told.stdout
        wrong = run_command("run", "evaluate-threads", "--sources", "x", EVALFLOWS_HOME=str(home))
        assert (wrong.code, "--source" in wrong.stderr) == (2, True)
        assert server_status(Settings(home=home)) is None
        assert list(home.iterdir()) == []
    finally:
        remove_home(home)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [str(Path(sys.executable).parent / "evalflows"), "run", "--help"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
