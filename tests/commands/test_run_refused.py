"""`evalflows run` with what cannot be used: one line on standard error, exit 2, nothing half-loaded."""

from pathlib import Path

import pytest

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.fixtures.command import RunCommand
from tests.rows import rows
from tests.tasks.sources.sample_threads import SAMPLES

SHOP = str(SAMPLES / "threads" / "shop.csv")
RUN = ("run", "evaluate-threads", "--source")
GOOD_ROW = '{"id": "a", "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n'
FILES = {
    "empty.csv": "",
    "header.csv": "thread_id,role,text\n",
    "bad.jsonl": GOOD_ROW + '{"id": "cut", "messages": [{"role"\n' + GOOD_ROW.replace('"a"', '"b"'),
    "rule.yaml": "- id: a\n  section: x\n",
    "broken.yaml": "intents: [",
    "script.jsonl": '{"item": "a"}\n',
}


@pytest.fixture
def files(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run",), ["name a flow", "evaluate-threads"]),
        (("run", "nope"), ["no flow 'nope'", "evaluate-threads"]),
        (("run", "evaluate-threads"), ["--source is missing", "--help"]),
        ((*RUN, SHOP, "--nope", "3"), ["--nope"]),
        ((*RUN, SHOP, "--limit", "many"), ["--limit", '"many"']),
        ((*RUN, SHOP, "--limit", "-1"), ['"-1"', "--limit", "greater than or equal to 0"]),
        ((*RUN, SHOP, "--evaluators", "taste"), ['"taste"', "intent", "correctness", "efficiency"]),
        ((*RUN, SHOP, "--queue", "--resume", "x"), ["--queue and --resume"]),
        ((*RUN, SHOP, "--queue", "--html", "x"), ["--queue and --html"]),
        (("run", "evaluate-threads", "--resume", "abc"), ["'abc' is not a run id", "runs list"]),
        ((*RUN, "no-such.csv"), ["no-such.csv"]),
        ((*RUN, "empty.csv"), ["empty.csv", "empty"]),
        ((*RUN, "header.csv"), ["header.csv", "no rows"]),
        ((*RUN, "bad.jsonl", "--strict"), ["bad.jsonl:2", "JSON"]),
        ((*RUN, SHOP, "--thread-ids", "nobody"), ["shop.csv", "no thread"]),
        ((*RUN, "stored", "--app", "nobody"), ["stored", "no thread"]),
        ((*RUN, SHOP, "--judge", "oracle:x"), ["'oracle:x'", "rules", "openai", "scripted"]),
        ((*RUN, SHOP, "--judge", "openai:gpt"), ["OPENAI_API_KEY"]),
        ((*RUN, SHOP, "--judge", "scripted:no.jsonl"), ["no.jsonl", "cannot be read"]),
        ((*RUN, SHOP, "--judge", "scripted:script.jsonl"), ["script.jsonl", "line 1", "answer"]),
        ((*RUN, SHOP, "--checks", "nope"), ["'nope'", "error_text"]),
        ((*RUN, SHOP, "--policy", "rule.yaml"), ["rule.yaml", "line 1", "text"]),
        ((*RUN, SHOP, "--intents", "broken.yaml"), ["broken.yaml", "line 1"]),
        ((*RUN, SHOP, "--since", "nonsense"), ["--since 'nonsense'", "2026-03-01"]),
        ((*RUN, SHOP, "--columns", "colour=blue"), ["--columns", "'colour'", "thread_id"]),
        ((*RUN, "sql:postgresql://user:secret@host/x", "--query", "SELECT 1"), ["environment variable", "sql:NAME"]),
        ((*RUN, "sql:EVALFLOWS_NOT_SET", "--query", "SELECT 1"), ["'EVALFLOWS_NOT_SET'"]),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(
    arguments: tuple[str, ...], says: list[str], call_command: CallCommand, settings: Settings
) -> None:
    done = call_command(*arguments, *(["--json"] if len(arguments) > 2 else []))
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith("evalflows: ")
    assert done.stderr.count("\n") == 1
    assert [text for text in says if text not in done.stderr] == []
    assert not any(noise in done.stderr for noise in ("secret", "pydantic", "input_value", "Traceback"))
    assert rows(settings, "SELECT FROM threads") == rows(settings, "SELECT FROM run_threads") == []
    assert all(run["status"] == "failed" for run in rows(settings, "SELECT status FROM eval_runs"))


@pytest.mark.usefixtures("files")
def test_a_strict_run_that_meets_a_bad_row_is_failed_and_keeps_nothing(
    call_command: CallCommand, settings: Settings
) -> None:
    assert call_command(*RUN, "bad.jsonl", "--strict").code == 2
    (run,) = rows(settings, "SELECT * FROM eval_runs")
    assert (run["status"], run["items"], run["snapshot"]) == ("failed", None, None)
    assert "bad.jsonl:2" in run["error_message"]
    assert rows(settings, "SELECT FROM threads") == rows(settings, "SELECT FROM run_threads") == []


def test_a_database_that_is_not_there_is_one_line_without_the_password(
    run_command: RunCommand, prefect_server: object
) -> None:
    url = "postgresql://somebody:very-secret@127.0.0.1:1/nowhere"
    for arguments in ((*RUN, SHOP, "--json"), ("runs", "list")):
        done = run_command(*arguments, EVALFLOWS_DATABASE_URL=url)
        assert (done.code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "127.0.0.1:1" in done.stderr
        assert "very-secret" not in done.stderr


def test_a_prefect_api_that_is_not_there_is_one_line(run_command: RunCommand, settings: Settings) -> None:
    for more in ((), ("--queue",)):
        done = run_command(*RUN, SHOP, *more, PREFECT_API_URL="http://127.0.0.1:1/api", PREFECT_CLIENT_MAX_RETRIES="0")
        assert (done.code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "http://127.0.0.1:1/api" in done.stderr
    assert rows(settings, "SELECT FROM eval_runs") == []


def test_a_run_that_fails_otherwise_prints_its_json_line_and_exits_1(
    run_command: RunCommand, settings: Settings, prefect_server: object, tmp_path: Path
) -> None:
    from psycopg import connect

    assert settings.database_url is not None
    with connect(settings.database_url.get_secret_value()) as connection:
        connection.execute("REVOKE INSERT ON thread_evaluations FROM evalflows_app")
    done = run_command(*RUN, SHOP, "--limit", "2", "--json")
    assert done.code == 1
    assert done.json["status"] == "failed"
    (run,) = rows(settings, "SELECT * FROM eval_runs")
    assert (str(run["id"]), run["status"]) == (done.json["run_id"], "failed")
    assert "permission denied" in done.stderr
    assert done.stderr.count("\n") == 1
