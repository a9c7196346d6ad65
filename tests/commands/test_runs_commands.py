"""`evalflows runs list|show|export` and `evalflows stats`, after runs on the samples."""

import csv
import io
import json
from pathlib import Path

import pytest

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.tasks.sources.sample_threads import SAMPLES
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
NO_RUN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def shop_run(call_command: CallCommand) -> str:
    """The id of a run by the recorded judge on the shop's threads."""
    judge = f"scripted:{SAMPLES / 'verdicts.jsonl'}"
    done = call_command(
        *FLOW, "--source", SAMPLES / "threads" / "shop.csv", "--judge", judge, "--app", "shop", "--json"
    )
    assert done.code == 0, done.stderr
    return done.json["run_id"]


def test_runs_are_listed_newest_first_and_filtered(
    shop_run: str, call_command: CallCommand, tmp_path: Path, settings: Settings
) -> None:
    second = call_command(*FLOW, "--source", write_threads(tmp_path / "few.csv", 2), "--json").json["run_id"]
    failed = call_command(*FLOW, "--source", "no-such.csv")
    assert failed.code == 2
    (third,) = rows(settings, "SELECT id::text FROM eval_runs WHERE status = 'failed'")

    def listed(*options: str) -> list[str]:
        done = call_command("runs", "list", *options, "--json")
        assert done.code == 0
        return [json.loads(line)["id"] for line in done.stdout.splitlines()]

    assert listed() == [third["id"], second, shop_run]
    assert listed("--app", "shop") == listed("--limit", "1", "--offset", "2") == [shop_run]
    assert listed("--status", "completed") == listed("--status", "completed", "--limit", "0") == [second, shop_run]
    assert listed("--flow", "evaluate-threads", "--status", "failed") == [third["id"]]
    assert listed("--app", "nobody") == listed("--status", "crashed") == []
    table = call_command("runs", "list", "--limit", "2").stdout.splitlines()
    assert [line.split()[0] for line in table[:3]] == ["run", third["id"], second]
    assert table[3] == "2 of 3 runs; --offset 2 for more"
    assert call_command("runs", "list", "--app", "nobody").stdout == "no runs\n"


def test_a_run_is_shown_with_its_threads_and_calls(shop_run: str, call_command: CallCommand) -> None:
    summary = call_command("runs", "show", shop_run)
    assert summary.code == 0
    for said in ("33 of 33 threads, app shop", "Success rate", "Worst threads", "1. pp-1019: correctness CRITICAL"):
        assert said in summary.stdout
    assert json.loads(call_command("runs", "show", shop_run, "--json").stdout)["summary"]["items"] == 33
    threads = call_command("runs", "show", shop_run, "threads", "--limit", "3", "--offset", "18").stdout.splitlines()
    assert threads[1].split() == ["pp-1019", "marta.v", "6", "100%", "CRITICAL", "EFFICIENT", "false"]
    assert threads[-1] == "19 to 21 of 33; --offset 21 for more"
    calls = call_command("runs", "show", shop_run, "logs", "--limit", "0", "--json").stdout.splitlines()
    assert len(calls) == 66
    assert {json.loads(line)["usable"] for line in calls} == {True}
    assert "66 of 66" in call_command("runs", "show", shop_run, "logs", "--limit", "0").stdout


def test_a_run_is_exported_as_table_lines_and_page(shop_run: str, call_command: CallCommand, tmp_path: Path) -> None:
    table = list(csv.DictReader(io.StringIO(call_command("runs", "export", shop_run, "--csv", "-").stdout)))
    assert len(table) == 33
    by_id = {row["thread_id"]: row for row in table}
    assert (by_id["pp-1003"]["worst_correctness"], by_id["pp-1003"]["success_status"]) == ("HARD FAIL", "False")
    done = call_command("runs", "export", shop_run, "--json", "run.jsonl", "--html", "new/report.html")
    assert (done.code, done.stdout) == (0, "")
    first, *threads = map(json.loads, (tmp_path / "run.jsonl").read_text().splitlines())
    assert (first["id"], len(threads)) == (shop_run, 33)
    assert {len(thread["evaluations"]) for thread in threads} == {3}
    assert "pp-1003" in (tmp_path / "new/report.html").read_text()
    assert "33 of 33 threads" in done.stderr


def test_stats_add_up_over_all_runs(shop_run: str, call_command: CallCommand, tmp_path: Path) -> None:
    for _ in range(2):
        call_command(*FLOW, "--source", write_threads(tmp_path / "few.csv", 2))
    told = [json.loads(line) for line in call_command("stats", "--json").stdout.splitlines()]
    assert [(line["app"], line["judge"][:8], line["runs"], line["threads"], line["calls"]) for line in told] == [
        ("default", "rules", 2, 4, 0),
        ("shop", "scripted", 1, 33, 66),
    ]
    assert all(line["completed"] == line["runs"] for line in told)
    shown = call_command("stats", "--app", "shop").stdout.splitlines()
    assert (len(shown), shown[1].split()[0]) == (2, "shop")
    assert call_command("stats", "--app", "nobody").stdout == "no runs\n"


@pytest.mark.parametrize("command", [("show",), ("show", "threads"), ("export", "--csv", "-"), ("cancel",)])
def test_a_run_that_is_not_there_is_named(command: tuple[str, ...], call_command: CallCommand) -> None:
    name, *rest = command
    for run_id, says in ((NO_RUN, f"no run {NO_RUN}"), ("abc", "'abc' is not a run id")):
        done = call_command("runs", name, run_id, *rest)
        assert (done.code in (1, 2), done.stdout, done.stderr.count("\n")) == (True, "", 1)
        assert says in done.stderr
        assert "runs list" in done.stderr


def test_wrong_usage_of_runs_is_one_line(call_command: CallCommand) -> None:
    for arguments, says in (
        (("runs", "show"), "RUN_ID"),
        (("runs", "export", NO_RUN), "--html FILE"),
        (("runs", "show", NO_RUN, "everything"), "threads"),
        (("runs", "list", "--limit", "-1"), "--limit"),
        (("runs", "list", "--status", "lost"), "crashed"),
        (("nonsense",), "Available commands"),
    ):
        done = call_command(*arguments)
        assert (done.code, done.stdout, done.stderr.count("\n")) == (2, "", 1), arguments
        assert says in done.stderr
