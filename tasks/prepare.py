"""What judges a run: options read and checked before it starts, evaluators made once its threads are pinned."""

import hashlib
from collections.abc import Sequence

from pydantic import ValidationError

from settings import get_settings
from storage.queries.snapshots import intents_of_run, query_types_of_run
from tasks.errors import RunRefused
from tasks.evaluators.base import EvaluatorOptions
from tasks.evaluators.catalog import EVALUATORS, EvaluatorName, make_evaluators
from tasks.evaluators.options.policy import read_policy
from tasks.evaluators.options.taxonomy import read_taxonomy, taxonomy_from
from tasks.evaluators.rules.catalog import chosen_checks
from tasks.evaluators.rules.judge import RULES_VERSION
from tasks.reports.repeats import Reducer, Repeats
from tasks.run import OpenRun


def read_options(*, intents: str = "", policy: str = "", checks: Sequence[str] = ()) -> EvaluatorOptions:
    """Read the files the user named and check the names given.

    Args:
        intents: Path of a taxonomy file; empty means none.
        policy: Path of a policy file; empty means none.
        checks: Names of rule checks; empty means those on by default.

    Raises:
        OptionsError: A file is unusable.
        RunRefused: A check or a setting is not known or does not fit.
    """
    settings = get_settings()
    names = tuple(checks) or None
    try:
        chosen_checks(names)
        return EvaluatorOptions(
            intents=read_taxonomy(intents) if intents else (),
            policy=read_policy(policy) if policy else (),
            checks=names,
            window_messages=settings.window_messages,
            window_overlap=settings.window_overlap,
            window_characters=settings.window_characters,
        )
    except (ValueError, ValidationError) as error:
        raise RunRefused(" ".join(str(error).split())) from error


def versions_of(evaluators: Sequence[EvaluatorName], judge: str, options: EvaluatorOptions) -> dict[str, str]:
    """What the results depend on besides data and judge: pinned with the run, compared on a resume."""
    if not evaluators:
        raise RunRefused("no evaluator: name at least one with --evaluators")
    versions = {cls.name: cls.version for cls in EVALUATORS if cls.name in evaluators}
    if judge == "rules":
        return {name: f"rules-{RULES_VERSION}" for name in versions}
    digest = hashlib.sha256(options.model_dump_json().encode()).hexdigest()[:12]
    return {**versions, "options": digest}


def repeats_of(times: int, reducer: Reducer, judge: str) -> Repeats:
    """How often each thread is judged.

    Raises:
        RunRefused: Rules are to judge more than once.
    """
    if times > 1 and judge == "rules":
        raise RunRefused(f"--repeats {times} needs a model as judge (--judge): rules say the same each time")
    return Repeats(times=times, reducer=reducer)


async def prepare_evaluators(run: OpenRun, names: Sequence[EvaluatorName], options: EvaluatorOptions) -> None:
    """Make the run's evaluators; what the user names no intents for is judged by those found in the run's threads."""
    if run.ask is not None and "intent" in names:
        async with run.database.session() as session:
            intents = options.intents or taxonomy_from(await intents_of_run(session, run.id))
            query_types = tuple(await query_types_of_run(session, run.id))
        options = options.model_copy(update={"intents": intents, "query_types": query_types})
    run.evaluators = make_evaluators(names, options)
