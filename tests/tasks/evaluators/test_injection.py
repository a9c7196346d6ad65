"""No injection leaves its fence or its message, or changes a verdict: seen in the requests as they reach the server."""

from collections.abc import AsyncIterator

import pytest

from tasks.evaluators.catalog import EVALUATORS
from tests.injections.asker import Asker, local_asker
from tests.injections.attempts import (
    attempts,
    changes_no_verdict,
    changes_nothing_outside,
    reads_as_it_was_written,
    stays_within_the_fence,
)
from tests.injections.catalog import Injection, read_injections

INJECTIONS = read_injections()

every_injection = pytest.mark.parametrize("injection", INJECTIONS, ids=lambda injection: injection.name)
every_evaluator = pytest.mark.parametrize("evaluator", [cls.name for cls in EVALUATORS])


@pytest.fixture(scope="module")
async def asker() -> AsyncIterator[Asker]:
    async with local_asker() as one:
        yield one


def test_the_set_is_large_and_of_many_kinds() -> None:
    assert len({injection.name for injection in INJECTIONS}) == len(INJECTIONS) > 100
    assert len({injection.kind for injection in INJECTIONS}) > 10


@every_injection
@every_evaluator
async def test_it_stays_within_the_fence(asker: Asker, evaluator: str, injection: Injection) -> None:
    for attempt in await attempts(asker, evaluator, injection):
        stays_within_the_fence(attempt)


@every_injection
@every_evaluator
async def test_every_message_reads_as_it_was_written(asker: Asker, evaluator: str, injection: Injection) -> None:
    for attempt in await attempts(asker, evaluator, injection):
        reads_as_it_was_written(attempt)


@every_injection
@every_evaluator
async def test_nothing_changes_outside_the_fence(asker: Asker, evaluator: str, injection: Injection) -> None:
    for attempt in await attempts(asker, evaluator, injection):
        changes_nothing_outside(attempt)


@every_injection
@every_evaluator
async def test_a_gullible_judge_finds_what_it_finds_without_it(
    asker: Asker, evaluator: str, injection: Injection
) -> None:
    for attempt in await attempts(asker, evaluator, injection):
        changes_no_verdict(attempt)
