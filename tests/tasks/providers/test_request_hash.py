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
        {"turns": [{"role": "assistant", "text": "Thread t1."}]},
        {"turns": [{"role": "user", "text": "Thread t1.", "images": ["https://example.com/a.png"]}]},
        {"turns": [{"role": "user", "text": "Thread "}, {"role": "user", "text": "t1."}]},
        {"sampling": {"temperature": 0.1, "max_output_tokens": 100}},
        {"sampling": {"max_output_tokens": 100}},
        {"sampling": {"temperature": 0.0, "max_output_tokens": 101}},
        {"sampling": {"temperature": 0.0, "max_output_tokens": 100, "seed": 0}},
        {"schema_name": "Other"},
        {"answer_schema": {"type": "object"}},
        {"repeat": 1},
        {"system": "Judge.Thread t1.", "prompt": ""},
    ],
    ids=lambda changed: " ".join(changed),
)
def test_whatever_changes_the_answer_changes_the_hash(changed: dict[str, object]) -> None:
    assert request_for(**changed).hash != request_for().hash


def test_the_order_of_the_schema_does_not_change_the_hash() -> None:
    turned = request_for(answer_schema=dict(reversed(request_for().answer_schema.items())))
    assert turned.hash == request_for().hash
    assert len(turned.hash) == 64
