"""`evalflows run` says what a run will use before it asks, and what it has cost when it is done."""

from pathlib import Path
from uuid import UUID

import pytest

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
JUDGE = ("--judge", "openai:gpt-5-mini", "--evaluators", "correctness")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Thirty threads."""
    return write_threads(tmp_path / "threads.csv", 30)


def test_the_estimate_is_printed_once_before_the_summary_and_the_next_goes_by_history(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, source: Path
) -> None:
    first = call_command(*FLOW, "--source", source, *JUDGE)
    assert first.code == 0, first.stderr
    (line,) = first.stderr.splitlines()
    assert line.startswith("estimate: 30 threads, ")
    assert "USD 0.0" in line
    assert "estimate" not in first.stdout
    second = call_command(*FLOW, "--source", source, *JUDGE, "--json")
    assert (second.code, second.stderr) == (0, "")
    told = second.json["estimate"]
    assert told["basis"] == "history of 30 calls"
    assert told["calls"] == {"value": 30, "low": 30, "high": pytest.approx(33, abs=1)}
    spent = second.json["tokens"]
    assert told["tokens_in"]["low"] <= spent["in"] <= told["tokens_in"]["high"]
    assert told["tokens_out"]["low"] <= spent["out"] <= told["tokens_out"]["high"]
    assert told["cost_usd"]["low"] <= second.json["cost_usd"] <= told["cost_usd"]["high"]
    assert [row["estimate"]["items"] for row in rows(settings, "SELECT estimate FROM eval_runs")] == [30, 30]


def test_a_dry_run_asks_nothing_and_can_be_gone_on_with(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, source: Path
) -> None:
    dry = call_command(*FLOW, "--source", source, *JUDGE, "--dry-run")
    (run,) = rows(settings, "SELECT id, status FROM eval_runs")
    assert (dry.code, dry.stderr, run["status"], model_server.calls) == (0, "", "completed", 0)
    estimate, reckoned, hint = dry.stdout.splitlines()
    assert estimate.startswith("estimate: 30 threads, 31 calls, ")
    assert reckoned == "reckoned from 30 of 30 threads; tokens by rules of thumb"
    assert hint == f"nothing was asked; go on with: evalflows run evaluate-threads --resume {run['id']} --no-dry-run"
    done = call_command(*hint.partition("evalflows ")[2].split(), "--json")
    assert (done.code, done.json["completed"], model_server.calls) == (0, 30, 30)
    assert done.json["run_id"] == str(run["id"])
    assert UUID(done.json["run_id"]) == run["id"]


def test_a_model_without_a_price_is_named_and_the_users_file_gives_it_one(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, source: Path
) -> None:
    command = (*FLOW, "--source", source, "--judge", "openai:ours", "--evaluators", "correctness", "--limit", "5")
    unknown = call_command(*command, "--dry-run")
    assert "USD unknown: no price for openai:ours (EVALFLOWS_PRICES)" in unknown.stdout
    prices = source.with_name("prices.yaml")
    prices.write_text("- {provider: openai, model: ours, input: 1000, cached_input: 500, output: 2000}\n")
    known = call_command(*command, "--json", EVALFLOWS_PRICES=str(prices))
    assert known.code == 0, known.stderr
    calls = rows(settings, "SELECT tokens_in, tokens_cached, tokens_out, cost_usd FROM api_logs")
    assert known.json["cost_usd"] == pytest.approx(float(sum(call["cost_usd"] for call in calls)))
    assert {
        (call["tokens_in"] - call["tokens_cached"]) * 1000 + call["tokens_cached"] * 500 + call["tokens_out"] * 2000
        - int(call["cost_usd"] * 1_000_000)
        for call in calls
    } == {0}  # fmt: skip


def test_a_price_file_with_a_mistake_stops_the_run_before_it_starts(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, source: Path
) -> None:
    prices = source.with_name("prices.yaml")
    prices.write_text("- {provider: openai, model: ours, input: 1, output: two}\n")
    refused = call_command(*FLOW, "--source", source, *JUDGE, EVALFLOWS_PRICES=str(prices))
    assert (refused.code, refused.stderr.count("\n"), model_server.calls) == (2, 1, 0)
    assert "prices.yaml: line 1, column 53: output: 'two' should be a valid decimal" in refused.stderr
