"""The views for dashboards, over rows of runs: what they say, and every query of the documents, as the role read."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import text

from settings import Settings
from storage.database import Database, database_url
from storage.queries.ledger import save_calls
from storage.queries.runs import close_run
from tests.storage.stored_runs import NOON, add_evaluations, add_run, make_call, make_evaluation

DOCS = Path(__file__).parents[2] / "docs"
SUMMARY = {
    "calls": 3,
    "repeats": 1,
    "unscored": {"infra": 1, "not_applicable": 2},
    "evaluators": {"correctness": {"n": 4}, "intent": {"n": 4}},
    "metrics": {"success_rate": {"value": 0.75, "n": 4, "low": 0.3, "high": 0.95, "unscored": 1}},
}
NIGHT = text("""
    WITH night AS (
        INSERT INTO nights (plan, night, status, finished_at) VALUES ('shop', '2026-03-01', 'succeeded', now()))
    INSERT INTO night_suites (plan, night, suite, flow, app, kind, run_id, status, comparison)
    VALUES ('shop', '2026-03-01', 'fixed', 'evaluate-threads', 'shop', 'fixed', :run, 'succeeded',
            CAST(:comparison AS jsonb))
""")
COMPARISON = {
    "changes": [
        {"verdict": "regression", "difference": {"name": "success_rate"}},
        {"verdict": "too few", "difference": {"name": "intent_accuracy"}},
    ]
}


@pytest.fixture
async def runs(database: Database) -> tuple[UUID, UUID, UUID]:
    """A complete run with a night, a dry run, and one that is going on and that no process holds."""
    whole = await add_run(database)
    dry = await add_run(database, params={"source": "threads.csv", "dry_run": True})
    going_on = await add_run(database)
    rate_limited = {"error": "infra: Error code: 429 - slow down", "usable": False, "response": None}
    async with database.transaction() as session:
        for run in (whole, dry):
            await close_run(session, run, "completed", figures={"summary": SUMMARY, "completed": 4, "tokens_in": 300})
        await save_calls(
            session,
            [
                make_call(whole, "first", cost_usd="0.5", duration_ms=100),
                make_call(whole, "second", cost_usd="0.25", duration_ms=200, **rate_limited),
                make_call(whole, "third", reused_from=dry, duration_ms=0),
            ],
        )
        await session.execute(NIGHT, {"run": whole, "comparison": json.dumps(COMPARISON)})
    await add_evaluations(
        database,
        make_evaluation(whole, "t0"),
        make_evaluation(whole, "t1", reason="infra"),
        make_evaluation(going_on, "t0", reason="refused"),
    )
    return whole, dry, going_on


def found(settings: Settings, *queries: str) -> list[Sequence[dict[str, Any]]]:
    """What each query finds, asked over one connection of the role read."""
    with psycopg.connect(database_url(settings, "read")) as connection:
        cursor = connection.cursor(row_factory=dict_row)
        return [cursor.execute(query.encode()).fetchall() for query in queries]


async def test_the_views_say_what_the_runs_did(runs: tuple[UUID, UUID, UUID], settings: Settings) -> None:
    whole, dry, going_on = runs
    overview, metrics, spending, unscored, health, nights, live = found(
        settings,
        "SELECT * FROM run_overview ORDER BY created_at",
        "SELECT * FROM metric_history",
        "SELECT * FROM spending_by_day",
        "SELECT * FROM unscored_by_reason ORDER BY reason",
        "SELECT * FROM call_health",
        "SELECT * FROM night_results",
        "SELECT * FROM live_runs",
    )
    assert [(run["run_id"], run["dry_run"], run["unscored"]) for run in overview] == [
        (whole, False, 1),
        (dry, True, 1),
        (going_on, False, None),
    ]
    assert overview[0]["unscored_share"] == pytest.approx(1 / 6)  # of 8 rows 2 could not be scored at all
    assert [(one["run_id"], one["metric"], one["value"], one["n"]) for one in metrics] == [
        (whole, "success_rate", 0.75, 4)
    ]
    (day,) = spending
    assert (day["day"], day["app"], day["model"]) == (NOON.date(), "shop", "small")
    assert (day["requests"], float(day["cost_usd"]), day["unpriced"], day["tokens_in"]) == (3, 0.75, 1, 300)
    assert [(row["run_id"], row["reason"], row["rows"]) for row in unscored] == [
        (whole, "infra", 1),
        (going_on, "refused", 1),
    ]
    (hour,) = health
    assert (hour["hour"], hour["calls"], hour["errors"], hour["infra"], hour["rate_limited"]) == (NOON, 2, 1, 1, 1)
    assert (hour["p50_ms"], hour["p95_ms"]) == (150, pytest.approx(195))
    assert [(night["suite"], night["run_id"], night["regressed"]) for night in nights] == [
        ("fixed", whole, ["success_rate"])
    ]
    assert [(run["run_id"], run["is_lost"], run["last_result_at"]) for run in live] == [(going_on, True, NOON)]


def queries_of_the_dashboard() -> list[str]:
    """Every query of the dashboard, as Grafana would send it: all apps, the last hundred years."""
    board = json.loads((DOCS / "grafana" / "evalflows.json").read_text())
    asked = [target["rawSql"] for panel in board["panels"] for target in panel["targets"]]
    asked += [variable["query"] for variable in board["templating"]["list"]]
    begin, end = "'1970-01-01T00:00:00Z'", "'2070-01-01T00:00:00Z'"
    for macro, meaning in (
        (r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {begin} AND {end}"),
        (r"\$__timeFrom\(\)", begin),
        (r"\$__timeTo\(\)", end),
        (r"\$\{app:sqlstring\}", "'shop','other'"),
    ):
        asked = [re.sub(macro, meaning, query) for query in asked]
    return asked


async def test_every_query_of_the_dashboard_and_of_the_page_finds_rows(
    runs: tuple[UUID, UUID, UUID], settings: Settings
) -> None:
    page = re.findall(r"```sql\n(.*?)```", (DOCS / "monitoring.md").read_text(), flags=re.DOTALL)
    of_page = [query for block in page for query in block.split(";") if query.strip()]
    dashboard = queries_of_the_dashboard()
    assert not any("$" in query for query in dashboard)
    assert len(of_page) >= 8
    for query, rows in zip(dashboard, found(settings, *dashboard), strict=True):
        assert rows, query
    for query in of_page:
        found(settings, query)
