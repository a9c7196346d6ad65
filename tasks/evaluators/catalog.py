"""All evaluators. To add one: one file, and one line in the list; the contract suite tests it unasked."""

from collections.abc import Sequence
from typing import Literal

from tasks.evaluators.base import Evaluator, EvaluatorOptions
from tasks.evaluators.correctness import CorrectnessEvaluator
from tasks.evaluators.efficiency import EfficiencyEvaluator
from tasks.evaluators.intent import IntentEvaluator

EvaluatorName = Literal["intent", "correctness", "efficiency"]

EVALUATORS = (
    IntentEvaluator,
    CorrectnessEvaluator,
    EfficiencyEvaluator,
)


def make_evaluators(names: Sequence[str], options: EvaluatorOptions) -> dict[str, Evaluator]:
    """The evaluators of a run by name, each name once.

    Raises:
        KeyError: There is no evaluator of this name.
    """
    by_name = {evaluator.name: evaluator for evaluator in EVALUATORS}
    return {name: by_name[name](options) for name in names}
