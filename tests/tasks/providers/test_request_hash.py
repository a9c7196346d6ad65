"""The request hash: another one for everything that changes the answer, the same one otherwise."""

import pytest

from tests.tasks.providers.questions import request_for


@pytest.mark.parametrize(
    "changed",
    [
        {"provider": "azure"},
        {"base_url": "http://127.0.0.2/v1/"},
        {"model": "large"},
        {"system": "Judge!"},
        {"prompt": "Thread t2."},
        {"parameters": {"temperature": 0.1, "max_completion_tokens": 100}},
        {"parameters": {"max_completion_tokens": 100}},
        {"schema_name": "Other"},
        {"answer_schema": {"type": "object"}},
        {"repeat": 1},
        {"system": "Judge.Thread t1.", "prompt": ""},
    ],
    ids=lambda changed: " ".join(changed),
)
def test_whatever_changes_the_answer_changes_the_hash(changed: dict[str, object]) -> None:
    assert request_for(**changed).hash != request_for().hash


def test_the_order_of_parameters_and_schema_does_not_change_the_hash() -> None:
    turned = request_for(
        parameters={"max_completion_tokens": 100, "temperature": 0.0},
        answer_schema=dict(reversed(request_for().answer_schema.items())),
    )
    assert turned.hash == request_for().hash
    assert len(turned.hash) == 64
