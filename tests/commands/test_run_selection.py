"""`evalflows run`: which threads are taken, bad rows and repeated ids, and threads imported before."""

from pathlib import Path

import pytest

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.rows import rows
from tests.tasks.sources.sample_threads import SAMPLES
from tests.threads import write_threads

FLOW = ("run", "evaluate-threads")
GOOD = '{"id": "%s", "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n'


def taken(settings: Settings) -> list[str]:
    """The threads of the newest run, in its order."""
    newest = rows(settings, "SELECT id FROM eval_runs ORDER BY created_at DESC LIMIT 1")[0]["id"]
    query = "SELECT thread_id FROM run_threads WHERE run_id = %s ORDER BY position"
    return [row["thread_id"] for row in rows(settings, query, newest)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--thread-ids", "t3", "t1"), ["t1", "t3"]),
        (("--limit", "2"), ["t0", "t1"]),
        (("--thread-ids", "t3", "t1", "t2", "--limit", "2"), ["t1", "t2"]),
        (("--since", "2026-03-01"), [f"t{number}" for number in range(9)]),
    ],
)
def test_options_choose_threads(
    options: tuple[str, ...], expected: list[str], call_command: CallCommand, settings: Settings, tmp_path: Path
) -> None:
    source = write_threads(tmp_path / "threads.csv", 9)
    done = call_command(*FLOW, "--source", source, *options, "--json")
    assert (done.code, done.json["items"]) == (0, len(expected))
    assert taken(settings) == expected


def test_a_sample_depends_on_its_seed_alone(call_command: CallCommand, settings: Settings, tmp_path: Path) -> None:
    source = write_threads(tmp_path / "threads.csv", 30)
    lines = source.read_text().splitlines(keepends=True)
    reversed_source = tmp_path / "reversed.csv"
    reversed_source.write_text("".join([lines[0], *reversed(lines[1:])]))
    drawn: list[set[str]] = []
    for file, seed in ((source, 1), (reversed_source, 1), (source, 2)):
        done = call_command(*FLOW, "--source", file, "--sample", "6", "--seed", str(seed), "--json")
        assert (done.code, done.json["items"]) == (0, 6)
        drawn.append(set(taken(settings)))
    call_command("import", "threads", source)
    call_command(*FLOW, "--source", "stored", "--sample", "6", "--seed", "1")
    drawn.append(set(taken(settings)))
    assert drawn[0] == drawn[1] == drawn[3]
    assert drawn[0] != drawn[2]


def test_a_bad_row_and_repeated_ids_are_reported_and_the_run_goes_on(
    call_command: CallCommand, settings: Settings, tmp_path: Path
) -> None:
    content = GOOD % "a" + '{"id": "cut", "messages": [{"role"\n' + GOOD % "a" + GOOD % "b"
    (tmp_path / "odd.jsonl").write_text(content)
    told = call_command(*FLOW, "--source", "odd.jsonl", "--json")
    assert (told.code, told.json["items"], told.json["completed"]) == (0, 3, 3)
    assert "odd.jsonl:2" in told.stderr
    shown = call_command(*FLOW, "--source", "odd.jsonl")
    assert shown.code == 0
    assert "1 bad rows left out" in shown.stdout
    assert "odd.jsonl:2" in shown.stdout
    assert "1 thread ids repeated and were made unique" in shown.stdout
    (snapshot,) = {str(row["snapshot"]) for row in rows(settings, "SELECT snapshot FROM eval_runs")}
    assert "'bad_rows': 1" in snapshot
    assert "'duplicate_ids': 1" in snapshot
    assert taken(settings) == ["a", "a#2", "b"]


def test_stored_threads_are_evaluated_by_app_and_time(
    call_command: CallCommand, settings: Settings, tmp_path: Path
) -> None:
    assert call_command("import", "threads", write_threads(tmp_path / "early.csv", 3), "--app", "shop").code == 0
    late = tmp_path / "late.csv"
    late.write_text(write_threads(late, 5).read_text().replace("2026-03-01", "2026-04-01").replace("\nt", "\nlate"))
    assert call_command("import", "threads", late, "--app", "shop").code == 0
    assert call_command("import", "threads", SAMPLES / "threads" / "bank.jsonl", "--app", "bank").code == 0
    for options, expected in (
        (("--app", "shop"), ["late0", "late1", "late2", "late3", "late4", "t0", "t1", "t2"]),
        (("--app", "shop", "--since", "2026-03-15"), ["late0", "late1", "late2", "late3", "late4"]),
        (("--app", "shop", "--thread-ids", "t2", "late1"), ["late1", "t2"]),
        (("--app", "bank", "--limit", "2"), ["hb-201", "hb-202"]),
    ):
        done = call_command(*FLOW, "--source", "stored", *options, "--json")
        assert (done.code, done.json["completed"]) == (0, len(expected)), done.stderr
        assert taken(settings) == expected
    assert {row["app"] for row in rows(settings, "SELECT app FROM eval_runs")} == {"shop", "bank"}


def test_columns_may_be_named(call_command: CallCommand, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("vorgang,wer,gesagt\n7,kunde,Hallo\n7,bot,Guten Tag\n")
    names = "thread_id=vorgang,role=wer,text=gesagt,role.kunde=user,role.bot=assistant"
    done = call_command(*FLOW, "--source", "odd.csv", "--columns", names, "--json")
    assert (done.code, done.json["items"]) == (0, 1), done.stderr
    (thread,) = rows(settings, "SELECT messages FROM threads")
    assert [(one["role"], one["text"]) for one in thread["messages"]] == [
        ("user", "Hallo"),
        ("assistant", "Guten Tag"),
    ]


def test_threads_come_from_a_query_on_a_database_that_a_variable_names(
    call_command: CallCommand, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("SHOP_URL", settings.database_url.get_secret_value())
    query = """SELECT * FROM (VALUES ('q1', 1, 'user', 'hi'), ('q1', 2, 'assistant', 'hello'), ('q2', 1, 'user', 'hi'),
        ('q2', 2, 'assistant', '')) AS said (thread_id, message_index, role, text)"""
    done = call_command(*FLOW, "--source", "sql:SHOP_URL", "--query", query, "--json")
    assert (done.code, done.json["items"]) == (0, 2), done.stderr
    assert taken(settings) == ["q1", "q2"]
    (run,) = rows(settings, "SELECT params::text AS params, snapshot::text AS snapshot FROM eval_runs")
    assert settings.database_url.get_secret_value() not in str(run)
    for wrong, says in (("SELECT nothing FROM nowhere", "nowhere"), ("", "--query"), ("DROP TABLE threads", "")):
        refused = call_command(*FLOW, "--source", "sql:SHOP_URL", "--query", wrong)
        assert (refused.code, refused.stderr.count("\n"), says in refused.stderr) == (2, 1, True), refused
    assert rows(settings, "SELECT count(*) AS n FROM threads") == [{"n": 2}]
