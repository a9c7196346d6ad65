"""The estimate in one line."""

from typing import Any

import pytest

from tasks.costs.estimate import Estimate
from tasks.costs.words import estimate_line


def span(value: float, low: float, high: float) -> dict[str, float]:
    """A range as JSON."""
    return {"value": value, "low": low, "high": high}


def make_estimate(**changed: Any) -> Estimate:
    """Two calls for each of a thousand threads."""
    fields: dict[str, Any] = {
        "judge": "openai:gpt-5-mini",
        "items": 1000,
        "of_items": 1000,
        "sampled": 200,
        "calls": span(2000, 2000, 2400),
        "tokens_in": span(1_234_567, 912_000, 1_610_000),
        "tokens_out": span(310_000, 98_000, 590_000),
        "cost_usd": {"value": "0.8236", "low": "0.5", "high": "1.5999"},
        "basis": "rules of thumb",
    }
    return Estimate.model_validate(fields | changed)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {},
            "1,000 threads, 2,000 calls, 1.2 M tokens in (0.9-1.6 M), 0.3 M out (0.1-0.6 M), USD 0.82 (0.50-1.60)",
        ),
        (
            {
                "items": 12,
                "calls": span(9, 9, 11),
                "tokens_in": span(12_345, 9876, 23_456),
                "tokens_out": span(0, 0, 0),
            },
            "12 of 1,000 threads, 9 calls, 12,000 tokens in (9,900-23,000), 0 out (0-0), USD 0.82 (0.50-1.60)",
        ),
        (
            {"cost_usd": {"value": "0.004321", "low": "0.00099", "high": "1234.5"}},
            "1,000 threads, 2,000 calls, 1.2 M tokens in (0.9-1.6 M), 0.3 M out (0.1-0.6 M), "
            "USD 0.0043 (0.00099-1,234.50)",
        ),
        (
            {"cost_usd": {"value": 0, "low": 0, "high": 0}},
            "1,000 threads, 2,000 calls, 1.2 M tokens in (0.9-1.6 M), 0.3 M out (0.1-0.6 M), USD 0",
        ),
        (
            {"cost_usd": None},
            "1,000 threads, 2,000 calls, 1.2 M tokens in (0.9-1.6 M), 0.3 M out (0.1-0.6 M), "
            "USD unknown: no price for openai:gpt-5-mini (EVALFLOWS_PRICES)",
        ),
    ],
)
def test_the_line_says_how_much_and_how_sure(changed: dict[str, Any], line: str) -> None:
    assert estimate_line(make_estimate(**changed)) == f"estimate: {line}"
