"""What a run's end says of its estimate and its spending, for people and for programs."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from deployments.cli.outcome import estimated, json_outcome, was_only_estimated
from storage.records import Run, Usage
from tasks.costs.words import spending_line

RUN_ID = UUID("01890000-0000-7000-8000-000000000001")
ESTIMATE: dict[str, Any] = {
    "judge": "openai:gpt-5-mini",
    "items": 1000,
    "of_items": 1000,
    "sampled": 200,
    "calls": {"value": 2000, "low": 2000, "high": 2400},
    "tokens_in": {"value": 1_200_000, "low": 900_000, "high": 1_600_000},
    "tokens_out": {"value": 300_000, "low": 100_000, "high": 600_000},
    "cost_usd": {"value": "0.82", "low": "0.50", "high": "1.60"},
    "basis": "rules of thumb",
}


def make_run(**changed: Any) -> Run:
    """A dry run that is done."""
    fields: dict[str, Any] = {
        "id": RUN_ID,
        "flow": "evaluate-threads",
        "app": "shop",
        "status": "completed",
        "judge_provider": "openai",
        "judge_model": "gpt-5-mini",
        "params": {"dry_run": True},
        "versions": {},
        "items": 1000,
        "estimate": ESTIMATE,
        "summary": {"evaluators": {}},
        "created_at": datetime.now(UTC),
    }
    return Run.model_validate(fields | changed)


def make_usage(**changed: Any) -> Usage:
    """Twelve attempts at ten calls."""
    fields: dict[str, Any] = {"calls": 10, "attempts": 12, "tokens_in": 3400, "tokens_out": 560}
    return Usage.model_validate({**fields, "cost_usd": Decimal("0.0123"), **changed})


def test_a_dry_run_says_what_the_run_would_use_and_how_to_go_on() -> None:
    assert list(estimated(make_run())) == [
        "estimate: 1,000 threads, 2,000 calls, 1.2 M tokens in (0.9-1.6 M), 0.3 M out (0.1-0.6 M), "
        "USD 0.82 (0.50-1.60)",
        "reckoned from 200 of 1,000 threads; tokens by rules of thumb",
        f"nothing was asked; go on with: evalflows run evaluate-threads --resume {RUN_ID} --no-dry-run",
    ]


def test_a_dry_run_by_rules_has_nothing_to_estimate() -> None:
    (line,) = estimated(make_run(estimate=None, judge_provider="rules"))
    assert line.startswith("nothing was asked")


def test_only_a_run_that_evaluated_nothing_was_a_dry_one() -> None:
    evaluated: dict[str, Any] = {"evaluators": {"intent": {"n": 1000, "scored": 1000, "unscored": {}}}}
    assert was_only_estimated(make_run())
    assert not was_only_estimated(make_run(summary=evaluated))
    assert not was_only_estimated(make_run(status="cancelled"))


def test_programs_get_the_estimate_in_numbers() -> None:
    told = json_outcome(RUN_ID, "completed", make_run())
    assert told["estimate"] == {
        "calls": {"value": 2000, "low": 2000, "high": 2400},
        "tokens_in": {"value": 1_200_000, "low": 900_000, "high": 1_600_000},
        "tokens_out": {"value": 300_000, "low": 100_000, "high": 600_000},
        "cost_usd": {"value": 0.82, "low": 0.5, "high": 1.6},
        "basis": "rules of thumb",
    }
    unknown = make_run(estimate={**ESTIMATE, "cost_usd": None})
    assert json_outcome(RUN_ID, "completed", unknown)["estimate"]["cost_usd"] is None
    assert json_outcome(RUN_ID, "completed", make_run(estimate=None))["estimate"] is None


def test_spending_is_told_also_of_a_run_that_has_no_summary() -> None:
    cancelled = make_run(status="cancelled", summary=None)
    told = json_outcome(RUN_ID, "cancelled", cancelled, make_usage())
    assert (told["calls"], told["tokens"], told["cost_usd"]) == (12, {"in": 3400, "out": 560}, 0.0123)
    assert spending_line(make_usage()) == "spent: 12 calls, 3,400 tokens in, 560 out, USD 0.012"


def test_a_cost_that_is_not_known_is_null_and_its_model_named() -> None:
    usage = make_usage(cost_usd=None, unpriced_models=("openai:mine",))
    told = json_outcome(RUN_ID, "completed", make_run(), usage)
    assert (told["cost_usd"], list(told["unpriced_models"])) == (None, ["openai:mine"])
    assert spending_line(usage).endswith("560 out, USD unknown: no price for openai:mine (EVALFLOWS_PRICES)")
    assert json_outcome(None, "failed", None)["cost_usd"] is None
