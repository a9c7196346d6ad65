"""`evalflows import threads`: what is stored, and what a look through says first."""

import json
from pathlib import Path

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.tasks.sources.sample_threads import SAMPLES
from tests.threads import write_threads

IMPORT = ("import", "threads")


def test_threads_are_stored_once_per_app_and_content(
    call_command: CallCommand, settings: Settings, tmp_path: Path
) -> None:
    few = write_threads(tmp_path / "few.csv", 3, turns=2)
    done = call_command(*IMPORT, few, SAMPLES / "threads" / "bank.jsonl", "--app", "both")
    assert (done.code, done.stderr) == (0, "")
    assert "few.csv: 3 threads, 12 messages" in done.stdout
    assert "bank.jsonl: 22 threads" in done.stdout
    again = call_command(*IMPORT, few, "--app", "both", "--json")
    assert again.json == {
        "source": str(few), "app": "both", "threads": 3, "messages": 12, "bad_rows": 0, "duplicate_ids": 0,
    }  # fmt: skip
    assert rows(settings, "SELECT app, count(*) AS n FROM threads GROUP BY app") == [{"app": "both", "n": 25}]
    assert rows(settings, "SELECT FROM eval_runs") == []


def test_a_dry_run_says_what_is_there_and_stores_nothing(call_command: CallCommand, settings: Settings) -> None:
    done = call_command(*IMPORT, SAMPLES / "threads" / "shop.csv", "--dry-run")
    assert (done.code, done.stderr) == (0, "")
    for said in ("33 threads, 220 messages, 24 users, 2026-09-07 to 2026-09-27", "(csv, utf-8): turns", "query_text"):
        assert said in done.stdout
    told = call_command(*IMPORT, SAMPLES / "threads" / "shop.csv", "--dry-run", "--json").json
    assert (told["threads"], told["users"], told["recognised"][0]["columns"]["success"]) == (33, 24, "resolved")
    assert told["recorded_intents"]["small_talk"] == 17
    assert rows(settings, "SELECT FROM threads") == []


def test_bad_rows_are_reported_and_strict_stores_nothing(
    call_command: CallCommand, settings: Settings, tmp_path: Path
) -> None:
    good = {"id": "a", "messages": [{"role": "user", "content": "hi"}]}
    (tmp_path / "odd.jsonl").write_text(f"{json.dumps(good)}\nnot json\n{json.dumps(good)}\n")
    strict = call_command(*IMPORT, "odd.jsonl", "--strict")
    assert (strict.code, strict.stderr.count("\n"), "odd.jsonl:2" in strict.stderr) == (2, 1, True)
    assert rows(settings, "SELECT FROM threads") == []
    done = call_command(*IMPORT, "odd.jsonl")
    assert (done.code, "odd.jsonl:2" in done.stderr, "a#2" in done.stderr) == (0, True, True)
    assert len(rows(settings, "SELECT FROM threads")) == 2


def test_what_cannot_be_imported_is_named(call_command: CallCommand, settings: Settings) -> None:
    for arguments, says in (
        ((), "FILE"),
        (("no-such.csv",), "no-such.csv"),
        (("sql:postgres://a:secret@b/c", "--query", "SELECT 1"), "sql:NAME"),
        ((SAMPLES / "threads" / "shop.csv", "--since", "soon"), "'soon'"),
        ((SAMPLES / "threads" / "shop.csv", "--limit", "-1"), "--limit"),
    ):
        done = call_command(*IMPORT, *arguments)
        assert (done.code, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
        assert says in done.stderr
        assert "secret" not in done.stderr
    assert rows(settings, "SELECT FROM threads") == []
