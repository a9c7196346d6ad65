"""The command called in this process, for what needs no process of its own."""

from pathlib import Path
from typing import Protocol

import pytest

from deployments.cli.main import call
from deployments.local.server import LocalServer
from settings import Settings, get_settings
from tests.fixtures.command import Finished


class CallCommand(Protocol):
    """Calls `evalflows` as `main` does, and says how it ended."""

    def __call__(self, *arguments: str | Path, **environment: str) -> Finished: ...


@pytest.fixture
def call_command(
    settings: Settings,
    prefect_server: LocalServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> CallCommand:
    """Call the command in an empty folder, on the test's own database and the session's Prefect server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def run(*arguments: str | Path, **environment: str) -> Finished:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            get_settings.cache_clear()
            code = call([str(argument) for argument in arguments])
        get_settings.cache_clear()
        printed = capsys.readouterr()
        return Finished(code, printed.out, printed.err)

    return run
