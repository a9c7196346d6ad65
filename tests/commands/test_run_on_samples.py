"""`evalflows run evaluate-threads` on the shipped samples: what is planted is in the rows."""

from pathlib import Path
from typing import Any

import pytest

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.fixtures.command import RunCommand
from tests.rows import rows
from tests.tasks.sources.sample_threads import SAMPLES, careful, load, planted

FLOW = ("run", "evaluate-threads")
VERDICTS = f"scripted:{SAMPLES / 'verdicts.jsonl'}"


def stored_results(settings: Settings) -> dict[tuple[str, str], dict[str, Any]]:
    """The result of each thread and evaluator."""
    found = rows(settings, "SELECT thread_id, evaluator, verdict, result FROM thread_evaluations")
    return {(row["thread_id"], row["evaluator"]): {**row["result"], "verdict": row["verdict"]} for row in found}


def is_found(results: dict[tuple[str, str], dict[str, Any]], defect: dict[str, Any]) -> bool:
    """Whether a planted defect stands in the rows of its thread."""
    thread, index, kind = defect["thread_id"], defect["message_index"], defect["kind"]
    if kind == "wrong_intent":
        messages = results[thread, "intent"]["messages"]
        return any(message["index"] == index and message["correct"] is False for message in messages)
    if kind == "unanswered":
        return results[thread, "efficiency"]["verdict"] == "INCOMPLETE"
    entries = [*results[thread, "correctness"]["messages"], *results[thread, "efficiency"]["friction"]]
    return any(entry["check"] == kind and entry["index"] == index for entry in entries)


@pytest.mark.parametrize("file", ["shop.csv", "bank.jsonl"])
def test_rules_find_in_the_rows_what_is_planted_for_them(
    file: str, call_command: CallCommand, settings: Settings
) -> None:
    done = call_command(*FLOW, "--source", SAMPLES / "threads" / file, "--json")
    assert (done.code, done.stderr, done.json["items"], done.json["completed"]) == (
        0, "", len(load(file)), len(load(file)),
    )  # fmt: skip
    results = stored_results(settings)
    wanted = [one for one in planted()["planted"] if one["file"] == file and one["found_by"] == "rules"]
    assert len(wanted) >= 4
    assert [defect for defect in wanted if not is_found(results, defect)] == []
    assert rows(settings, "SELECT FROM api_logs") == []


def test_the_summary_says_what_was_found_and_the_report_is_written(
    run_command: RunCommand, settings: Settings, prefect_server: object, tmp_path: Path
) -> None:
    done = run_command(*FLOW, "--source", SAMPLES / "threads" / "shop.csv", "--html", "out/report.html")
    assert done.code == 0, done.stderr
    for said in ("33 of 33 threads", "Success rate", "Intent accuracy", "HARD FAIL", "not_applicable: rules cannot"):
        assert said in done.stdout
    worst = done.stdout.partition("Worst threads")[2]
    assert "1. pp-1003: correctness HARD FAIL, efficiency BROKEN\n" in worst
    assert "'{promo_code}'" in worst
    (run,) = rows(settings, "SELECT id FROM eval_runs")
    assert f"evalflows runs show {run['id']} threads" in worst
    assert done.stderr == "report: out/report.html\n"
    assert "pp-1003" in (tmp_path / "out/report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ["shop.csv", "bank.jsonl"])
def test_the_recorded_judge_scores_every_thread_as_a_careful_person_did(
    file: str, call_command: CallCommand, settings: Settings
) -> None:
    taxonomy = SAMPLES / f"{Path(file).stem}_intents.yaml"
    done = call_command(
        *FLOW, "--source", SAMPLES / "threads" / file, "--judge", VERDICTS, "--intents", taxonomy, "--json"
    )
    assert (done.code, done.json["status"], done.json["unscored"]) == (0, "completed", {})
    assert rows(settings, "SELECT name FROM eval_runs") == [{"name": f"{file} by scripted:verdicts.jsonl"}]
    found = {row["thread_id"]: row for row in rows(settings, "SELECT * FROM thread_results")}
    assert set(found) == set(load(file))
    for thread_id, row in found.items():
        said = careful(thread_id)
        assert (row["worst_correctness"], row["efficiency_verdict"]) == (said["worst"], said["efficiency"]), thread_id
        assert row["success_status"] is said["success"], thread_id
        assert row["labelled_success"] is said["labelled_success"], thread_id
    successes = sum(row["success_status"] for row in found.values())
    assert done.json["counts"]["success_status"] == {"true": successes, "false": len(found) - successes}
    assert done.json["metrics"]["success_rate"]["value"] == pytest.approx(successes / len(found))


def test_a_recorded_judge_without_an_answer_leaves_the_thread_unscored(
    call_command: CallCommand, settings: Settings, tmp_path: Path
) -> None:
    recorded = (SAMPLES / "verdicts.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "some.jsonl").write_text("".join(line for line in recorded if '"pp-1002"' not in line))
    done = call_command(*FLOW, "--source", SAMPLES / "threads" / "shop.csv", "--judge", "scripted:some.jsonl", "--json")
    assert (done.code, done.json["status"], done.json["unscored"]) == (0, "completed_with_errors", {"judge_failed": 2})
    row = rows(settings, "SELECT * FROM thread_results WHERE thread_id = 'pp-1002'")[0]
    assert (row["success_status"], row["worst_correctness"], row["efficiency_verdict"]) == (None, None, None)
    assert "judge_failed" in row["success_reason"]
