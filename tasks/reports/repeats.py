"""Which repeat of a judgment a thread goes by: reports show that one first, with its reasons."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, cast

from pydantic import Field

from storage.records import Record, Run, ThreadEvaluation
from tasks.reports.order import SCALES

Reducer = Literal["majority", "median", "worst"]


class Repeats(Record):
    """How often each thread is judged by each evaluator, and which of these judgments it goes by."""

    times: int = Field(default=1, ge=1)
    reducer: Reducer = "majority"


def reducer_of(run: Run) -> Reducer:
    """What the run's repeats are reduced by."""
    return cast(Reducer, run.params.get("reducer", "majority"))


def chosen_repeats(evaluations: Sequence[ThreadEvaluation], reducer: Reducer) -> dict[str, ThreadEvaluation]:
    """One repeat of each evaluator; an unscored one only where none is scored."""
    by_evaluator: dict[str, list[ThreadEvaluation]] = {}
    for evaluation in sorted(evaluations, key=lambda e: e.repeat):
        by_evaluator.setdefault(evaluation.evaluator, []).append(evaluation)
    return {name: chosen(repeats, reducer) for name, repeats in by_evaluator.items()}


def chosen(repeats: Sequence[ThreadEvaluation], reducer: Reducer) -> ThreadEvaluation:
    """The repeat that stands for the others, as the view `thread_results` reduces them; of equal ones the first.

    Args:
        repeats: Of one evaluator on one thread, in their order; at least one.
        reducer: `majority` takes the commonest label, of equally common ones the worst; `median` the middle one, the
            worse of two; `worst` the worst.
    """
    worst_first = sorted((e for e in repeats if e.reason is None), key=badness)
    if not worst_first:
        return repeats[0]
    if reducer == "worst":
        wanted = worst_first[0]
    elif reducer == "median":
        wanted = worst_first[(len(worst_first) - 1) // 2]
    else:
        times = Counter(map(badness, worst_first))
        wanted = max(worst_first, key=lambda e: times[badness(e)])
    return next(e for e in repeats if e.reason is None and badness(e) == badness(wanted))


def badness(evaluation: ThreadEvaluation) -> tuple[int, float]:
    """Sort key of a scored evaluation, the worst first."""
    scale = SCALES.get(evaluation.evaluator, ())
    place = scale.index(evaluation.verdict) if evaluation.verdict in scale else len(scale)
    return place, 1.0 if evaluation.score is None else evaluation.score
