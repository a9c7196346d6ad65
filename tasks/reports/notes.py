"""What a reader must know about the figures of a run, a sentence each; the same in every report."""

from collections.abc import Iterator
from uuid import UUID

from storage.records import BudgetLimit
from tasks.reports.summary import NOT_AN_ERROR, RunSummary

BUDGET = "budget"


def notes_on(summary: RunSummary) -> list[str]:
    """The notes on a run, the weightiest first; empty for one that went as it should."""
    return [*stopped_by_budget(summary), *failed(summary), *unpriced(summary), *lost(summary)]


def stopped_by_budget(summary: RunSummary) -> Iterator[str]:
    """That the budget ended the run, and how to go on."""
    if not_asked := summary.unscored.get(BUDGET):
        limit, options = budget_words(summary.budget, summary.run_id)
        yield (
            f"stopped by the budget{limit}: {not_asked} of {summary.units} units were not asked (unscored as budget); "
            f"go on with {options}"
        )


def budget_words(budget: BudgetLimit | None, run_id: UUID) -> tuple[str, str]:
    """The limit in words, and the options that raise it."""
    limits: list[str] = []
    options: list[str] = []
    if budget and budget.usd is not None:
        limits.append(f"USD {budget.usd.normalize():f}")
        options.append("--budget-usd MORE")
    if budget and budget.tokens is not None:
        limits.append(f"{budget.tokens:,} tokens")
        options.append("--budget-tokens MORE")
    limit = f" of {' and '.join(limits)}" if limits else ""
    return limit, " ".join(["--resume", str(run_id), *options])


def failed(summary: RunSummary) -> Iterator[str]:
    """What has no score though it was to have one, and that no figure counts it as zero."""
    reasons = {reason: n for reason, n in summary.unscored.items() if reason not in (NOT_AN_ERROR, BUDGET)}
    if reasons:
        why = ", ".join(f"{reason} {n}" for reason, n in reasons.items())
        yield (
            f"{sum(reasons.values())} of {summary.units} units failed ({why}): the figures are over the others; "
            "worst and best case say what they could be with them"
        )


def unpriced(summary: RunSummary) -> Iterator[str]:
    """Whose price is not known."""
    if summary.unpriced_models:
        names = ", ".join(summary.unpriced_models)
        models = "model" if len(summary.unpriced_models) == 1 else "models"
        yield f"no price is known for the {models} {names}: name it in the file of EVALFLOWS_PRICES"


def lost(summary: RunSummary) -> Iterator[str]:
    """How many answers a kill may have cost."""
    if most := summary.calls_lost_at_most:
        calls = "1 call was" if most == 1 else f"{most} calls were"
        yield f"at most {calls} on the wire when a process of the run was stopped and may have been paid for twice"
