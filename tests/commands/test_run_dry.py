"""`--dry-run`: the threads are loaded, what judging them would cost is said, and no model is asked."""

from pathlib import Path

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")


def test_a_dry_run_asks_nobody_and_goes_on_with_what_it_loaded(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 7)
    dry = call_command(*FLOW, "--source", source, "--judge", "openai:anything", "--dry-run", "--json")
    assert (dry.code, dry.json["status"], dry.json["items"], dry.json["completed"]) == (0, "completed", 7, 0), (
        dry.stderr
    )
    assert (dry.json["unscored"], dry.json["metrics"], dry.json["counts"]) == ({}, {}, {})
    assert model_server.calls == 0
    assert rows(settings, "SELECT FROM thread_evaluations") == []
    (run,) = rows(settings, "SELECT id, summary, estimate FROM eval_runs")
    assert run["estimate"]["items"] == 7
    assert any("7 threads, 14 calls" in note for note in run["summary"]["notes"])
    shown = call_command("runs", "show", dry.json["run_id"])
    assert "dry run: no model was asked" in shown.stdout
    assert f"--resume {run['id']} --dry-run no" in " ".join(shown.stdout.split())

    still_dry = call_command(*FLOW, "--resume", dry.json["run_id"], "--json")
    assert (still_dry.code, still_dry.json["completed"], model_server.calls) == (0, 0, 0)
    source.unlink()
    done = call_command(*FLOW, "--resume", dry.json["run_id"], "--no-dry-run", "--json")
    assert (done.code, done.json["run_id"], done.json["status"]) == (0, dry.json["run_id"], "completed")
    assert (done.json["completed"], model_server.calls) == (7, 14)
    (run,) = rows(settings, "SELECT summary FROM eval_runs")
    assert not any("dry run" in note for note in run["summary"]["notes"])


def test_a_dry_run_of_a_run_that_has_begun_leaves_its_figures(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 5)
    done = call_command(*FLOW, "--source", source, "--judge", "openai:anything", "--json")
    dry = call_command(*FLOW, "--resume", done.json["run_id"], "--dry-run", "yes", "--json")
    assert (dry.code, dry.json["completed"], dry.json["metrics"]) == (0, 5, done.json["metrics"])
    assert model_server.calls == 10


def test_rules_cost_nothing_and_a_dry_run_of_them_says_nothing_else(
    call_command: CallCommand, settings: Settings, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 5)
    dry = call_command(*FLOW, "--source", source, "--dry-run", "--json")
    assert (dry.code, dry.json["items"], dry.json["completed"]) == (0, 5, 0)
    assert rows(settings, "SELECT FROM thread_evaluations") == []
