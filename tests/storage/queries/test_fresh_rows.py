"""Rows so fresh that no statistics know them: joined by key or by hash, never by trying every pair."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from settings import Settings
from storage.database import Database, database_url
from storage.queries.evaluations import MISSING
from storage.queries.figure_queries import LABELLED, QUERY_TYPE, SUCCESS, UNSCORED_INTENTS, WORST
from storage.queries.missing_sample import DRAW
from storage.queries.pair_queries import THREAD_SCORES
from storage.queries.this_run import THIS_RUN

THREADS = 3000
TABLES = ("eval_runs", "threads", "run_threads", "thread_evaluations")
FILL = (
    """INSERT INTO eval_runs (id, flow, app, status, judge_provider, params, versions)
       VALUES (%(run)s, 'f', 'shop', 'running', 'rules', %(params)s, '{}')""",
    """INSERT INTO threads (app, external_id, content_hash, messages, message_count)
       SELECT 'shop', 't' || n, 'hash', '[]', 0 FROM generate_series(1, %(threads)s) AS n ON CONFLICT DO NOTHING""",
    """INSERT INTO run_threads SELECT %(run)s, row_number() OVER () - 1, external_id, id FROM threads""",
    """INSERT INTO thread_evaluations (run_id, thread_id, evaluator, repeat, evaluator_version, judge, content_hash,
                                       verdict, result, created_at)
       SELECT %(run)s, 't' || n, evaluator, repeat, '1', 'rules', 'hash', 'PASS', '{}', now()
       FROM generate_series(1, %(threads)s) AS n, unnest(ARRAY['intent', 'correctness', 'efficiency']) AS evaluator,
            generate_series(0, %(repeats)s - 1) AS repeat""",
)
QUERIES = {
    name: query.format(rows="reduced_evaluations", run=THIS_RUN)
    for name, query in {
        "success": SUCCESS, "labelled": LABELLED, "worst": WORST,
        "unscored": UNSCORED_INTENTS, "query_type": QUERY_TYPE, "pairs": THREAD_SCORES,
    }.items()
}  # fmt: skip


def fill(connection: psycopg.Connection, repeats: int) -> UUID:
    """A run of threads that are judged to the last."""
    run = uuid4()
    values = {"run": run, "threads": THREADS, "repeats": repeats, "params": json.dumps({"repeats": repeats})}
    for statement in FILL:
        connection.execute(statement.encode(), values)
    return run


@pytest.fixture(scope="module")
def fresh_runs(settings: Settings) -> Iterator[dict[int, UUID]]:
    """Runs by their number of repeats, made after the tables were last analysed, when there was one run."""
    with psycopg.connect(database_url(settings, "owner"), autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)".encode())
        fill(connection, 1)
        connection.execute("ANALYZE")
        yield {repeats: fill(connection, repeats) for repeats in (1, 3)}


def tried_pairs(plan: dict[str, Any]) -> list[str]:
    """What nested loops compare row by row, each with each."""
    own = [plan["Join Filter"]] if plan["Node Type"] == "Nested Loop" and "Join Filter" in plan else []
    return own + [found for inner in plan.get("Plans", []) for found in tried_pairs(inner)]


async def pairs_of(database: Database, query: str, **parameters: object) -> list[str]:
    async with database.session() as session:
        (found,) = (await session.execute(text(f"EXPLAIN (FORMAT JSON) {query}"), parameters)).scalars()
    return tried_pairs(found[0]["Plan"])


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("name", QUERIES)
async def test_figures_of_a_fresh_run_try_no_pairs(
    opened_database: Database, fresh_runs: dict[int, UUID], name: str, repeats: int
) -> None:
    parameters = {"run_id": fresh_runs[repeats], **({"limit": 5} if name == "worst" else {})}
    assert await pairs_of(opened_database, QUERIES[name], **parameters) == []
    told = QUERIES[name].replace(THIS_RUN, ":run_id")
    if name in ("labelled", "worst"):
        assert await pairs_of(opened_database, told, **parameters) != []  # else this test would show nothing


async def test_a_sample_of_what_is_missing_tries_no_pairs(
    opened_database: Database, fresh_runs: dict[int, UUID]
) -> None:
    parameters: dict[str, Any] = {
        "run_id": fresh_runs[1], "evaluators": ["intent"], "repeats": 1, "most": 100, "retryable": ["infra"],
    }  # fmt: skip
    assert await pairs_of(opened_database, DRAW.text, **parameters) == []
    assert await pairs_of(opened_database, DRAW.text.replace(THIS_RUN, ":run_id"), **parameters) != []


async def test_what_is_missing_is_looked_up_by_key(opened_database: Database, fresh_runs: dict[int, UUID]) -> None:
    parameters = {
        "run_id": fresh_runs[1], "evaluator": "intent", "repeat": 0, "start": 100, "stop": 125, "retryable": ["infra"],
    }  # fmt: skip
    assert await pairs_of(opened_database, MISSING.text, **parameters) == []
    assert await pairs_of(opened_database, MISSING.text.replace(THIS_RUN, ":run_id"), **parameters) != []
