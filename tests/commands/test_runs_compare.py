"""`evalflows runs compare`: the table, the flips, JSON, and the exit codes."""

import asyncio
import json
from uuid import UUID

import pytest

from deployments.cli.main import call
from settings import Settings
from storage.database import open_database
from tests.tasks.compared_runs import add_ended_run, some_threads

LOST = {f"t{number}": "HARD FAIL" for number in range(0, 60, 5)}


async def store_two_runs() -> tuple[UUID, UUID]:
    """One that found nothing, and one that found 12 of 60 threads wanting."""
    database = await open_database()
    try:
        threads = some_threads(60)
        return await add_ended_run(database, threads), await add_ended_run(database, threads, LOST)
    finally:
        await database.close()


def test_two_runs_are_compared_in_a_table_and_as_json(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = map(str, asyncio.run(store_two_runs()))
    assert call(["runs", "compare", good, bad, "--flips", "3"]) == 0
    shown = capsys.readouterr().out
    (line,) = [line for line in shown.splitlines() if line.startswith("Success rate ")]
    assert line.split()[2:7] == ["100.0", "%", "80.0", "%", "-20.0"]
    assert "worse" in line
    assert "worse  t0: Success rate, PASS, EFFICIENT -> HARD FAIL, EFFICIENT" in shown
    assert "t0 was told the wrong day." in shown
    assert "33 more flips; --flips 0 shows all" in shown
    assert call(["runs", "compare", good, bad, "--json", "--fail-on-regression"]) == 1
    assert json.loads(capsys.readouterr().out)["metrics"]["success_rate"]["flips_worse"] == 12
    assert call(["runs", "compare", bad, good, "--fail-on-regression"]) == 0
    assert call(["runs", "compare", good, "yesterday"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
