"""`--budget-tokens`: a run that reaches its budget ends well, says so, and goes on with more."""

from pathlib import Path

import pytest

from settings import Settings, get_settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
THREADS, TOKENS_A_CALL = 60, 120


@pytest.mark.parametrize("on_error", ["skip", "retry", "fail"])
def test_the_end_of_the_budget_ends_the_run_well_and_a_larger_one_goes_on(
    on_error: str,
    call_command: CallCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("EVALFLOWS_MAX_OUTPUT_TOKENS", "100")
    get_settings.cache_clear()
    source = write_threads(tmp_path / "threads.csv", THREADS)
    options = ("--judge", "openai:anything", "--evaluators", "correctness", "--budget-tokens", "12000")
    stopped = call_command(*FLOW, "--source", source, *options, "--on-error", on_error, "--max-failed", "0.1")
    assert stopped.code == 0, stopped.stderr
    (run,) = rows(settings, "SELECT id, status, completed, tokens_in + tokens_out AS tokens, summary FROM eval_runs")
    assert (run["status"], run["completed"]) == ("completed_with_errors", THREADS)
    asked = model_server.calls
    assert 0 < asked < THREADS
    assert run["tokens"] == asked * TOKENS_A_CALL <= 12_000
    assert run["summary"]["unscored"] == {"budget": THREADS - asked}
    said = (
        f"stopped by the budget of 12,000 tokens: {THREADS - asked} of {THREADS} units were not asked (unscored as "
        f"budget); go on with --resume {run['id']} --budget-tokens MORE"
    )
    assert said in " ".join(stopped.stdout.split())
    kept = rows(settings, "SELECT * FROM thread_evaluations WHERE reason IS NULL ORDER BY thread_id")

    done = call_command(*FLOW, "--resume", str(run["id"]), "--budget-tokens", "1000000", "--json")
    assert (done.code, done.json["status"], done.json["unscored"]) == (0, "completed", {})
    assert model_server.calls == THREADS
    after = rows(settings, "SELECT * FROM thread_evaluations WHERE tries = '[]' ORDER BY thread_id")
    assert after == kept
