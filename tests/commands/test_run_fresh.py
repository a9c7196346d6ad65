"""`--fresh`: only threads that have no result yet; a limit works a backlog off."""

import json
from pathlib import Path

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.threads import write_threads

PINNED = "SELECT thread_id FROM run_threads WHERE run_id = %s ORDER BY position"


def test_what_is_evaluated_is_left_out_and_nothing_new_is_a_completed_run(
    call_command: CallCommand, settings: Settings, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 5)

    def fresh(*options: str) -> list[str]:
        done = call_command(
            "run", "evaluate-threads", "--source", source, "--evaluators", "efficiency", "--fresh", "--json", *options
        )
        assert (done.code, done.json["status"]) == (0, "completed"), done.stderr
        assert done.json["completed"] == done.json["items"]
        return [row["thread_id"] for row in rows(settings, PINNED, done.json["run_id"])]

    assert fresh("--limit", "2") == ["t0", "t1"]
    assert fresh("--limit", "2") == ["t2", "t3"]
    source.write_text(source.read_text().replace("message 1 of", "another message 1 of"))
    assert fresh() == ["t1", "t4"]
    assert fresh() == []
    stored = call_command(
        "run", "evaluate-threads", "--source", "stored", "--evaluators", "efficiency", "--fresh", "--json"
    )
    assert (stored.code, stored.json["items"]) == (0, 0)
    again = call_command("run", "evaluate-threads", "--resume", stored.json["run_id"], "--json")
    assert (again.code, again.json["items"]) == (0, 0)


def test_a_file_of_bad_rows_only_is_still_refused(call_command: CallCommand, tmp_path: Path) -> None:
    source = tmp_path / "threads.jsonl"
    source.write_text(json.dumps({"thread_id": "t0", "messages": "none"}) + "\n")
    refused = call_command("run", "evaluate-threads", "--source", source, "--fresh")
    assert refused.code == 2
    assert str(source) in refused.stderr
