"""Figures and a run of which summaries are made."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from storage.records import Run, RunFigures, SuccessFigures, Usage, WorstThread
from tasks.reports.summarise import summarise
from tasks.reports.summary import Circumstances, RunSummary

RUN_ID = UUID(int=7)
HOSTILE = "t`1`|<img src=x>[click](http://evil.example)\n# \x1b[31m\x1b]0;title\x07 \u202etxt **bold** [red]x[/red]"
NOTHING_COUNTED = (0, 0, 0, 0, 0, 0)


def figures_of(**changed: Any) -> RunFigures:
    """Ten threads, eight of them scored."""
    fields: dict[str, Any] = {
        "evaluators": {
            "intent": {"": 10},
            "correctness": {"": 8, "infra": 1, "not_applicable": 1},
            "efficiency": {"": 10},
        },
        "completed": 10,
        "success": SuccessFigures(
            true=6, false=2, unscored={"correctness: infra": 1, "correctness: not_applicable": 1},
            labelled_agree=3, labelled=4,
        ),
        "intent": (10, 15, 20, 27, 40, 31),
        "query_type": NOTHING_COUNTED,
        "unscored_intents": 5,
        "counts": {"worst_correctness": {"PASS": 6, "CRITICAL": 2}, "check": {}},
        "worst": (
            WorstThread(
                thread_id="t1", worst_correctness="CRITICAL", efficiency_verdict="EFFICIENT", intent_accuracy=0.5
            ),
        ),
    }  # fmt: skip
    return RunFigures.model_validate(fields | changed)


def unscored_figures() -> RunFigures:
    """Ten threads of which a judge that was away scored none."""
    return figures_of(
        evaluators={name: {"infra": 10} for name in ("intent", "correctness", "efficiency")},
        success=SuccessFigures(unscored={"correctness: infra; efficiency: infra": 10}),
        intent=NOTHING_COUNTED,
        unscored_intents=20,
        counts={},
        worst=(),
    )


def hostile_summary() -> RunSummary:
    """Whatever the data or a judge named is out to be taken for markup."""
    worst = WorstThread(thread_id=HOSTILE, worst_correctness="CRITICAL", efficiency_verdict=None, intent_accuracy=None)
    summary = summary_of(figures_of(counts={"policy_violated": {HOSTILE: 3}}, worst=(worst,)))
    found = tuple(worst.model_copy(update={"finding": HOSTILE}) for worst in summary.worst_threads)
    return summary.model_copy(update={"worst_threads": found})


def summary_of(
    figures: RunFigures,
    cost_usd: Decimal | None = None,
    items: int = 10,
    circumstances: Circumstances | None = None,
    unscored: dict[str, int] | None = None,
    **used: Any,
) -> RunSummary:
    """The summary of these figures; `used` is what its calls used besides."""
    usage = {"calls": 3, "attempts": 3, "tokens_in": 1200, "tokens_out": 340, "cost_usd": cost_usd}
    nothing = {"tokens_cached": 0, "tokens_reasoning": 0, "repairs": 0, "reused": 0, "unpriced_models": ()}
    spent = Usage.model_validate(nothing | usage | used)
    return summarise(RUN_ID, items, figures, spent, {}, circumstances or Circumstances(), unscored)


def run_of(**changed: Any) -> Run:
    """The run that is summarised."""
    fields: dict[str, Any] = {
        "id": RUN_ID, "flow": "evaluate-threads", "app": "shop", "name": "shop.csv by rules", "status": "completed",
        "judge_provider": "rules", "params": {}, "versions": {}, "created_at": datetime(2026, 3, 1, tzinfo=UTC),
        "duration_seconds": 12.34,
    }  # fmt: skip
    return Run.model_validate(fields | changed)
