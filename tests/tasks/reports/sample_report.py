"""A run of the parcel bot and its summary: the head of a sample report."""

from datetime import timedelta
from decimal import Decimal

from pydantic import JsonValue

from storage.records import Run, Snapshot
from tests.tasks.reports.sample_evaluations import RUN_ID, START, JSONObject


def sample_run(**changes: object) -> Run:
    run = Run(
        id=RUN_ID,
        flow="evaluate-threads",
        app="parcel-bot",
        name="evaluate-threads parcel-bot 2026-03-02",
        status="completed_with_errors",
        judge_provider="openai",
        judge_model="judge-large",
        params={"source": "parcels.jsonl"},
        versions={"intent": "1", "correctness": "2", "efficiency": "1"},
        snapshot=Snapshot(source="parcels.jsonl", threads=60, messages=412, hash="ab12" * 16),
        items=60,
        completed=60,
        cost_usd=Decimal("0.4182"),
        tokens_in=182_340,
        tokens_out=31_020,
        created_at=START,
        started_at=START,
        finished_at=START + timedelta(seconds=94),
        duration_seconds=94.2,
    )
    return run.model_copy(update=changes)


def sample_summary(**changes: JsonValue) -> JSONObject:
    rate: JSONObject = {
        "value": 0.62,
        "n": 52,
        "low": 0.486,
        "high": 0.739,
        "unscored": 8,
        "best": 0.67,
        "worst": 0.537,
    }
    unknown: JSONObject = {"value": None, "n": 0, "low": None, "high": None, "unscored": 3, "best": None, "worst": None}
    summary: JSONObject = {
        "items": 60,
        "completed": 60,
        "unscored": {"infra": 3, "unparseable": 2, "not_applicable": 7},
        "tokens": {"in": 182_340, "out": 31_020},
        "cost_usd": 0.4182,
        "metrics": {
            "success_rate": rate,
            "intent_accuracy": rate | {"value": 0.871, "low": 0.80, "high": 0.92, "best": 0.88, "worst": 0.81},
            "query_type_accuracy": unknown,
            "labelled_agreement": rate | {"value": 0.94, "low": 0.83, "high": 0.98, "unscored": 0},
        },
        "counts": {
            "worst_correctness": {"PASS": 31, "SOFT FAIL": 9, "HARD FAIL": 11, "CRITICAL": 4, "NOT APPLICABLE": 1},
            "efficiency_verdict": {"EFFICIENT": 24, "ACCEPTABLE": 11, "FRICTION": 9, "BROKEN": 7, "INCOMPLETE": 3},
            "success_status": {"true": 32, "false": 20, "null": 8},
            "recovery": {"NOT NEEDED": 35, "GOOD": 6, "PARTIAL": 4, "FAILED": 9},
            "friction_cause": {"bot": 21, "user": 14},
            "check": {"repeated_reply": 6, "placeholder": 2, "asked_again": 5},
        },
        "evaluators": {
            "correctness": {"n": 60, "scored": 56, "unscored": {"infra": 2, "unparseable": 2}},
            "efficiency": {"n": 60, "scored": 54, "unscored": {"infra": 1, "not_applicable": 5}},
            "intent": {"n": 60, "scored": 58, "unscored": {"not_applicable": 2}},
        },
        "worst_threads": [{"thread_id": "parcel-0001", "why": "states a wrong delivery date"}],
    }
    return summary | changes
