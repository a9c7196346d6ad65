"""A judge that fails for some items: the figures are over the others, and say what the failures could change."""

import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from settings import Settings, get_settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.servers.plain_answers import judge_plainly
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads", "--judge", "openai:anything")
THREADS = 40
FAIL = {3, 13, 23, 33}
SPOILT = re.compile(r"message (\d+) of")


def number_in(text: str) -> int:
    """Which thread a prompt is about."""
    found = SPOILT.search(text)
    assert found is not None
    return int(found[1])


def strict_judge(schema: str, prompt: str) -> dict[str, Any]:
    """Every fourth thread has a hard fail."""
    answer = judge_plainly(schema, prompt)
    if schema == "CorrectnessAnswer" and number_in(prompt) % 4 == 0:
        answer["messages"][0]["verdict"] = "HARD FAIL"
    return answer


@pytest.mark.parametrize(("status", "reason"), [(503, "infra"), (400, "judge_failed")])
def test_failing_for_a_tenth_of_the_items_does_not_move_the_figures_of_the_others(
    status: int,
    reason: str,
    call_command: CallCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("EVALFLOWS_CALL_ATTEMPTS", "1")
    get_settings.cache_clear()

    def fails(_: int, body: dict[str, Any]) -> web.Response | None:
        return model_server.error(status, "no") if number_in(str(body["messages"][-1])) in FAIL else None

    source = write_threads(tmp_path / "threads.csv", THREADS)
    model_server.answer = strict_judge
    others = [f"t{number}" for number in range(THREADS) if number not in FAIL]
    undisturbed = call_command(*FLOW, "--source", source, "--thread-ids", *others, "--json")
    model_server.behaviour = fails
    disturbed = call_command(*FLOW, "--source", source, "--json")

    assert (disturbed.code, disturbed.json["status"]) == (0, "completed_with_errors")
    assert disturbed.json["unscored"] == {reason: 2 * len(FAIL)}
    right = undisturbed.json["metrics"]["success_rate"]
    assert (right["value"], right["n"]) == (26 / 36, 36)
    assert disturbed.json["metrics"]["success_rate"] == right
    assert disturbed.json["counts"]["worst_correctness"] == undisturbed.json["counts"]["worst_correctness"]

    shown = call_command("runs", "show", disturbed.json["run_id"]).stdout
    assert f"8 of 120 units failed ({reason} 8): the figures are over the others" in " ".join(shown.split())
    (line,) = [line for line in shown.splitlines() if line.startswith("Success rate")]
    assert line.split()[-4:] == ["36", "4", "65.0-75.0", "%"]
    (run,) = rows(settings, "SELECT summary FROM eval_runs ORDER BY created_at DESC LIMIT 1")
    metric = run["summary"]["metrics"]["success_rate"]
    assert (metric["worst"], metric["best"]) == (26 / 40, 30 / 40)
    failed = rows(settings, "SELECT DISTINCT verdict, score FROM thread_evaluations WHERE reason = %s", reason)
    assert failed == [{"verdict": None, "score": None}]
