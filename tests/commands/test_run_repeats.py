"""`evalflows run --repeats N`: every judgment several times, reduced to one, and how far the repeats agree."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.servers.plain_answers import judge_plainly
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads", "--judge", "openai:anything", "--evaluators", "correctness")
THREADS, REPEATS = 12, 3


def undecided() -> "Any":
    """A judge that gives every third thread another verdict when it is asked for the second time."""
    asked: Counter[str] = Counter()

    def answer(schema: str, prompt: str) -> dict[str, Any]:
        asked[prompt] += 1
        plain = judge_plainly(schema, prompt)
        wavers = any(f"message {thread} of" in prompt for thread in range(0, THREADS, 3))
        if wavers and asked[prompt] == 2:
            plain["messages"][0]["verdict"] = "HARD FAIL"
        return plain

    return answer


@pytest.mark.parametrize(
    ("reducer", "verdicts"),
    [("majority", {"PASS": 12}), ("median", {"PASS": 12}), ("worst", {"PASS": 8, "HARD FAIL": 4})],
)
def test_each_thread_is_judged_so_often_and_goes_by_one_of_its_repeats(
    reducer: str,
    verdicts: dict[str, int],
    call_command: CallCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    tmp_path: Path,
) -> None:
    model_server.answer = undecided()
    source = write_threads(tmp_path / "threads.csv", THREADS)
    done = call_command(*FLOW, "--source", source, "--repeats", str(REPEATS), "--reducer", reducer, "--json")
    assert (done.code, done.json["status"], done.json["completed"]) == (0, "completed", THREADS), done.stderr
    assert done.json["counts"]["worst_correctness"] == verdicts
    assert model_server.calls == THREADS * REPEATS
    stored = rows(settings, "SELECT repeat, count(*) AS n FROM thread_evaluations GROUP BY 1 ORDER BY 1")
    assert stored == [{"repeat": repeat, "n": THREADS} for repeat in range(REPEATS)]
    assert len(rows(settings, "SELECT FROM api_logs WHERE usable")) == THREADS * REPEATS
    reduced = rows(settings, "SELECT worst_correctness AS label FROM thread_results")
    assert Counter(row["label"] for row in reduced) == verdicts


def test_how_far_repeats_agree_is_told_everywhere(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, tmp_path: Path
) -> None:
    model_server.answer = undecided()
    source = write_threads(tmp_path / "threads.csv", THREADS)
    done = call_command(*FLOW, "--source", source, "--repeats", str(REPEATS), "--html", "report.html")
    assert done.code == 0, done.stderr
    (run,) = rows(settings, "SELECT id, summary, progress FROM eval_runs")
    assert run["progress"]["total"] == run["progress"]["current"] == THREADS * REPEATS
    agreement = run["summary"]["agreement"]["correctness"]
    assert (agreement["threads"], agreement["level"]) == (THREADS, "ordinal")
    assert agreement["share"] == pytest.approx((8 + 4 / 3) / 12)
    assert -1 < agreement["alpha"] < 0.2
    assert "36 calls, 3 repeats, by majority" in done.stdout
    (line,) = [
        line
        for line in done.stdout.splitlines()
        if line.startswith("correctness ") and " 12" in line and "77.8 %" in line
    ]
    assert line.split()[-1] == "12"
    assert '"agreement":{"correctness"' in Path("report.html").read_text()
    told = call_command("runs", "show", str(run["id"]), "--json")
    assert told.json["summary"]["repeats"] == REPEATS


def test_rules_are_not_asked_twice(call_command: CallCommand, settings: Settings, tmp_path: Path) -> None:
    source = write_threads(tmp_path / "threads.csv", 3)
    refused = call_command("run", "evaluate-threads", "--source", source, "--repeats", "2")
    assert (refused.code, refused.stderr.count("\n")) == (2, 1)
    assert "--repeats 2 needs a model" in refused.stderr
    assert rows(settings, "SELECT FROM eval_runs") == []


def test_another_reducer_is_another_run(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 3)
    first = call_command(*FLOW, "--source", source, "--repeats", "2", "--json")
    for option, value in (("--reducer", "worst"), ("--repeats", "3")):
        refused = call_command("run", "evaluate-threads", "--resume", first.json["run_id"], option, value)
        assert (refused.code, "cannot be resumed" in refused.stderr) == (2, True)
    assert model_server.calls == 6
