"""Check a plan against the flows there are, before anything runs."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from tasks.nightly.plan import Suite
from tasks.nightly.plan_file import PlanFile, wrong_value

OURS = {
    "app": "write it beside 'flow', as app: NAME",
    "budget_usd": "write it beside 'flow'",
    "budget_tokens": "write it beside 'flow'",
    "fresh": "write kind: fresh beside 'flow'",
    "dry_run": "a night evaluates: leave it out",
}


def refuse_suites(read: PlanFile, flows: Mapping[str, Callable[..., Any]]) -> None:
    """Stop where a suite is of no flow there is, or has parameters that its flow does not take.

    Args:
        read: The plan.
        flows: The functions of the flows, by the flows' names.

    Raises:
        PlanError: Says where, and what to do.
    """
    for at, suite in enumerate(read.plan.suites):
        place = ("suites", at)
        if suite.flow not in flows:
            raise read.error((*place, "flow"), f"there is no flow {suite.flow!r}: use {', '.join(flows)}")
        for name, instead in OURS.items():
            if name in suite.parameters:
                raise read.error((*place, "parameters", name), f"not a parameter of a suite: {instead}")
        try:
            parameters_of(flows[suite.flow]).model_validate(given(suite))
        except ValidationError as error:
            inner, why = wrong_value((), error.errors(include_url=False)[0])
            raise read.error((*place, "parameters", *inner), why.replace("docs/nightly.md", suite.flow)) from error


def given(suite: Suite) -> dict[str, Any]:
    """The parameters a suite's run is started with, but for its budget."""
    fresh = {"fresh": True} if suite.kind == "fresh" else {}
    return {**suite.parameters, "app": suite.app, **fresh}


def parameters_of(function: Callable[..., Any]) -> type[BaseModel]:
    """A model of a flow's parameters that refuses those it does not have."""
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        name: (hints[name], ... if parameter.default is inspect.Parameter.empty else parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
    }
    return create_model("Parameters", __config__=ConfigDict(extra="forbid"), **fields)


def refuse_metrics(read: PlanFile, metrics: Mapping[str, Sequence[str]]) -> None:
    """Stop where the plan watches a metric that no flow of its suites has.

    Args:
        read: The plan.
        metrics: Names of metrics that can be compared, by flow.

    Raises:
        PlanError: Says which, and which there are.
    """
    known = {name for suite in read.plan.suites for name in metrics.get(suite.flow, ())}
    for at, name in enumerate(read.plan.regression.metrics):
        if name not in known:
            there_are = ", ".join(sorted(known))
            raise read.error(("regression", "metrics", at), f"there is no metric {name!r}: use some of {there_are}")
