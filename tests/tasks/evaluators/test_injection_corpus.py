"""Published attacks (CyberSecEval, BIPIA, garak, JailbreakBench) change as little as those of our own set."""

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

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
from tests.injections.catalog import Injection

pytestmark = pytest.mark.corpus


@pytest.fixture
def corpus() -> Path:
    folder = os.environ.get("EVALFLOWS_TEST_CORPUS")
    if not folder:
        pytest.skip("EVALFLOWS_TEST_CORPUS names no folder with adversarial/")
    return Path(folder) / "adversarial"


@pytest.fixture
async def asker() -> AsyncIterator[Asker]:
    async with local_asker() as one:
        yield one


def cyberseceval(corpus: Path) -> Iterator[str]:
    yield from (case["user_input"] for case in read(corpus / "cyberseceval_prompt_injection_even.json"))


def bipia_in_emails(corpus: Path) -> Iterator[str]:
    """Each attack in an e-mail: at its end, at its beginning and in its middle in turn."""
    lines = (corpus / "bipia_email_train.jsonl").read_text(encoding="utf-8").split("\n")
    emails = [json.loads(line)["context"] for line in lines if line]
    attacks = [attack for kind in read(corpus / "bipia_text_attack_train.json").values() for attack in kind]
    for attack, email, place in zip(attacks, cycle(emails), cycle((1.0, 0.0, 0.5)), strict=False):
        cut = int(len(email) * place)
        yield f"{email[:cut]}\n{attack}\n{email[cut:]}"


def garak(corpus: Path) -> Iterator[str]:
    for attacks in read(corpus / "garak_sysprompt_extraction_attacks.json").values():
        yield from attacks


def jailbreakbench(corpus: Path) -> Iterator[str]:
    yield from (behavior["goal"] for behavior in read(corpus / "jailbreakbench_mild_behaviors.json"))


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("evaluator", [cls.name for cls in EVALUATORS])
@pytest.mark.parametrize(
    ("texts", "number"), [(cyberseceval, 123), (bipia_in_emails, 70), (garak, 28), (jailbreakbench, 8)]
)
async def test_a_published_attack_changes_nothing(
    asker: Asker, corpus: Path, evaluator: str, texts: Callable[[Path], Iterator[str]], number: int
) -> None:
    injections = [Injection(texts.__name__, "published", text) for text in texts(corpus)]
    assert len(injections) == number
    for injection in injections:
        for attempt in await attempts(asker, evaluator, injection):
            stays_within_the_fence(attempt)
            reads_as_it_was_written(attempt)
            changes_nothing_outside(attempt)
            changes_no_verdict(attempt)
