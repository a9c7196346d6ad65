"""`--budget-usd` where a price is not known: refused, for no sum can be kept of what nobody can count."""

from pathlib import Path

import pytest

from settings import Settings, get_settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
JUDGE = ("--judge", "openai:ours", "--evaluators", "correctness")


def test_a_budget_in_usd_needs_a_price(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 3)
    refused = call_command(*FLOW, "--source", source, *JUDGE, "--budget-usd", "1")
    assert (refused.code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    for said in ("--budget-usd", "openai:ours", "EVALFLOWS_PRICES", "--budget-tokens"):
        assert said in refused.stderr
    assert model_server.calls == 0
    assert rows(settings, "SELECT FROM eval_runs") == []


def test_a_run_that_has_spent_at_no_known_price_gets_no_budget_in_usd_later(
    call_command: CallCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    source, prices = write_threads(tmp_path / "threads.csv", 4), tmp_path / "prices.yaml"
    model_server.behaviour = lambda number, body: model_server.error(400, "no") if number == 4 else None
    unpriced = call_command(*FLOW, "--source", source, *JUDGE, "--json")
    assert unpriced.json["unscored"] == {"judge_failed": 1}, unpriced.stderr
    before = rows(settings, "SELECT * FROM eval_runs")
    calls = model_server.calls
    prices.write_text("- {provider: openai, model: ours, input: 1000, output: 2000}\n")
    monkeypatch.setenv("EVALFLOWS_PRICES", str(prices))
    get_settings.cache_clear()

    resume = (*FLOW, "--resume", str(before[0]["id"]))
    refused = call_command(*resume, "--budget-usd", "5")
    assert (refused.code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    for said in ("--budget-usd", "openai:ours", "--budget-tokens"):
        assert said in refused.stderr
    assert (rows(settings, "SELECT * FROM eval_runs"), model_server.calls) == (before, calls)

    done = call_command(*resume, "--budget-tokens", "1000000", "--json")
    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", 4), done.stderr
