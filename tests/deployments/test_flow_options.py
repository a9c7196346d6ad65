"""The options of `evalflows run FLOW`: what they may be spelt like, and what the flow is given."""

from typing import Any

import pytest
from cyclopts.exceptions import CycloptsError
from prefect import flow

from deployments.cli.flow_options import parse_run_options


@flow
def judge_things(source: str, log_content: bool = True, dry_run: bool = False, rate: float = 1.0) -> None:
    """Judge things.

    Args:
        source: Where they are.
        log_content: Keep them.
        dry_run: Stop there.
        rate: How many.
    """


def given(*tokens: str) -> dict[str, Any]:
    options = parse_run_options(judge_things, "judge-things", list(tokens))
    assert options is not None
    return options.parameters


@pytest.mark.parametrize(
    ("tokens", "parameters"),
    [
        ((), {}),
        (("--log-content", "no"), {"log_content": False}),
        (("--log-content", "yes"), {"log_content": True}),
        (("--log-content=no",), {"log_content": False}),
        (("--no-log-content",), {"log_content": False}),
        (("--log-content",), {"log_content": True}),
        (("--dry-run",), {"dry_run": True}),
        (("--no-dry-run",), {"dry_run": False}),
        (("--dry-run", "No", "--rate", "0.5"), {"dry_run": False, "rate": 0.5}),
        (("--dry-run", "--log-content", "false"), {"dry_run": True, "log_content": False}),
    ],
)
def test_yes_and_no_may_be_said_in_each_usual_way(tokens: tuple[str, ...], parameters: dict[str, Any]) -> None:
    assert given(*tokens) == parameters


def test_a_resumed_run_may_be_told_not_to_stay_dry() -> None:
    options = parse_run_options(judge_things, "judge-things", ["--resume", "abc", "--no-dry-run", "--json"])
    assert options is not None
    assert (options.resume, options.json, options.parameters) == ("abc", True, {"dry_run": False})


@pytest.mark.parametrize("wrong", ["--no-rate", "--no-source", "--no-json"])
def test_only_what_is_yes_or_no_can_be_denied(wrong: str) -> None:
    with pytest.raises(CycloptsError, match=wrong):
        given(wrong)
