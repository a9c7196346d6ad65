"""`--log-content no`: prompts and answers do not stay in the ledger, what was found does."""

from pathlib import Path

import pytest

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads", "--judge", "openai:anything", "--evaluators", "correctness", "--json")


@pytest.mark.parametrize(
    ("options", "kept"),
    [(("--log-content", "no"), 0), (("--no-log-content",), 0), (("--log-content", "yes"), 4), ((), 4)],
)
def test_content_is_erased_only_where_it_is_not_to_be_kept(
    options: tuple[str, ...],
    kept: int,
    call_command: CallCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    tmp_path: Path,
) -> None:
    source = write_threads(tmp_path / "threads.csv", 4)
    done = call_command(*FLOW, "--source", source, *options)
    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", 4), done.stderr
    held = "SELECT FROM api_logs WHERE prompt IS NOT NULL OR response IS NOT NULL OR system_prompt IS NOT NULL"
    assert len(rows(settings, held)) == kept
    ledger = rows(settings, "SELECT usable, tokens_in FROM api_logs")
    assert ledger == [{"usable": True, "tokens_in": 100}] * 4
    assert len(rows(settings, "SELECT FROM thread_evaluations WHERE verdict = 'PASS'")) == 4
    again = call_command(*FLOW, "--resume", done.json["run_id"])
    assert (again.code, again.json["completed"], model_server.calls) == (0, 4, 4)
