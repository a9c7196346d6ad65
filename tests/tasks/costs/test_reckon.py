"""The estimate: a sample times what such calls use, with a range for each; unknown prices stay unknown."""

from decimal import Decimal
from typing import Any

import pytest

from storage.records.history import CallHistory
from tasks.costs.estimate import Asked, Drawn, Estimate
from tasks.costs.price import FREE, Price, PriceLine
from tasks.costs.reckon import reckon
from tasks.costs.usual import CALLS_PER_QUESTION, ENOUGH_CALLS, TOKENS_OUT, TOKENS_PER_BYTE

ONE = Asked(questions=1, size=4000, schemas=1000)
JUDGE = "openai:m"


def price_line(**changed: Any) -> PriceLine:
    """USD 1 per million tokens in, 10 out."""
    return PriceLine.model_validate({"provider": "openai", "model": "m", "input": 1, "output": 10, **changed})


PRICE = Price(lines=(price_line(),))


def drawn(*asked: dict[str, Asked], items: int | None = None) -> Drawn:
    """So many threads, of which these were looked at."""
    return Drawn(items or len(asked), items or len(asked), asked)


def history_of(evaluator: str = "correctness", **changed: Any) -> CallHistory:
    """A hundred calls of 1,000 tokens in and 200 out, one token in four bytes."""
    fields: dict[str, Any] = {
        "calls": 100,
        "follow_ups": 0,
        "shown_calls": 100,
        "shown_bytes": 300_000,
        "shown_tokens_in": 100_000,
        "tokens_in": 100_000,
        "tokens_cached": 0,
        "tokens_out": 20_000,
        "tokens_out_sd": 0.0,
    }
    return CallHistory.model_validate({"evaluator": evaluator, **fields, **changed})


def reckon_by(*history: CallHistory, of: Drawn, price: Price | None = PRICE) -> Estimate:
    """The estimate under this history."""
    return reckon(JUDGE, of, {found.evaluator: found for found in history}, price)


def test_a_sample_is_carried_over_to_all_threads_and_evaluators() -> None:
    asked = {"correctness": ONE, "efficiency": Asked(questions=2, size=9000, schemas=1500)}
    found = reckon_by(of=drawn(*[asked] * 200, items=5000))
    assert (found.items, found.of_items, found.sampled) == (5000, 5000, 200)
    assert found.calls.value == pytest.approx(5000 * 3 * CALLS_PER_QUESTION.value)
    assert found.tokens_in.value == pytest.approx(5000 * 13_000 * 0.25 * CALLS_PER_QUESTION.value, rel=1e-6)
    assert found.basis == "rules of thumb"


def test_by_rules_of_thumb_the_ranges_are_wide() -> None:
    found = reckon_by(of=drawn({"correctness": ONE}, {"correctness": ONE}))
    assert found.tokens_in.low <= found.tokens_in.value * TOKENS_PER_BYTE.low / TOKENS_PER_BYTE.value
    assert found.tokens_out.high >= found.tokens_out.value * TOKENS_OUT.high / TOKENS_OUT.value
    assert found.cost_usd is not None
    assert found.cost_usd.low < found.cost_usd.value < found.cost_usd.high


def test_the_history_of_the_same_evaluator_is_gone_by() -> None:
    found = reckon_by(history_of(), of=drawn(*[{"correctness": ONE}] * 50))
    assert (found.calls.value, found.tokens_in.value, found.tokens_out.value) == (50, 50_000, 10_000)
    assert (found.tokens_out.low, found.tokens_out.high) == pytest.approx((9000, 11_000), rel=0.05)
    assert found.cost_usd is not None
    assert found.cost_usd.value == Decimal("0.15")
    assert found.basis == "history of 100 calls"


def test_a_short_history_and_that_of_another_evaluator_are_not() -> None:
    asked = {"correctness": ONE, "intent": ONE, "efficiency": ONE}
    short = history_of("intent", calls=ENOUGH_CALLS - 1)
    found = reckon_by(history_of(), short, of=drawn(asked, asked))
    assert found.basis == "history of 100 calls, rules of thumb for efficiency, intent"


def test_an_evaluator_that_has_nothing_to_ask_leaves_no_trace() -> None:
    found = reckon_by(history_of(), of=drawn({"correctness": ONE, "intent": Asked()}))
    assert (found.calls.value, found.basis) == (1, "history of 100 calls")


def test_what_is_asked_again_is_counted() -> None:
    found = reckon_by(history_of(follow_ups=20), of=drawn(*[{"correctness": ONE}] * 80))
    assert (found.calls.value, found.calls.low) == (100, 80)
    assert found.tokens_in.value == 100_000


def test_without_kept_prompts_only_the_output_goes_by_history() -> None:
    erased = history_of(shown_calls=0, shown_bytes=0, shown_tokens_in=0)
    found = reckon_by(erased, of=drawn({"correctness": ONE}))
    assert (found.tokens_in.value, found.tokens_out.value) == (4000 * TOKENS_PER_BYTE.value, 200)


def test_few_calls_ahead_vary_more_than_many() -> None:
    varied = history_of(tokens_out_sd=150.0)
    few, many = (reckon_by(varied, of=drawn(*[{"correctness": ONE}] * n)).tokens_out for n in (2, 500))
    assert (few.high - few.value) / few.value > 2 * (many.high - many.value) / many.value
    assert few.low > 0


def test_cached_input_is_reckoned_at_its_price() -> None:
    cached = history_of(tokens_cached=50_000)
    price = Price(lines=(price_line(cached_input=Decimal(0)),))
    found = reckon_by(cached, of=drawn(*[{"correctness": ONE}] * 50), price=price)
    assert found.cost_usd is not None
    assert found.cost_usd.value == Decimal("0.125")


def test_long_requests_are_reckoned_at_the_price_of_their_size() -> None:
    price = Price(lines=(price_line(), price_line(above_tokens=100_000, input=3, output=10)))
    long = drawn({"correctness": Asked(questions=1, size=800_000, schemas=1000)})
    found = reckon_by(history_of(), of=long, price=price)
    assert found.cost_usd is not None
    assert found.cost_usd.value == Decimal("0.602")


def test_an_unknown_price_leaves_the_cost_unknown_and_a_free_model_costs_nothing() -> None:
    of = drawn({"correctness": ONE})
    unknown, free = reckon_by(of=of, price=None), reckon_by(of=of, price=FREE)
    assert (unknown.judge, unknown.cost_usd) == (JUDGE, None)
    assert free.cost_usd is not None
    assert (free.cost_usd.low, free.cost_usd.high, free.calls.value) == (0, 0, 1)


def test_with_nothing_left_to_do_all_is_zero() -> None:
    found = reckon_by(of=Drawn(0, 10, ()))
    assert (found.items, found.calls.high, found.tokens_in.high, found.tokens_out.high) == (0, 0, 0, 0)
    assert found.cost_usd is not None
    assert found.cost_usd.high == 0


def test_an_estimate_comes_back_from_json_as_it_was() -> None:
    found = reckon_by(of=drawn({"correctness": ONE}))
    assert Estimate.model_validate_json(found.model_dump_json()) == found
