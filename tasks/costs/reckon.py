"""Reckon what a run will use from a sample of what it will ask, and what such calls use as a rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from storage.records.history import CallHistory
from tasks.costs.estimate import Asked, Drawn, Estimate, Range
from tasks.costs.price import Price
from tasks.costs.spread import NOTHING, Spread, extrapolate
from tasks.costs.usual import Usual, usual_calls

NOT_ASKED = Asked()
RULES_OF_THUMB = "rules of thumb"
SMALLEST_USD = Decimal("0.000001")

End = Literal["value", "low", "high"]


@dataclass(frozen=True)
class Part:
    """What one evaluator will use."""

    usual: Usual
    calls: Spread
    tokens_in: Spread
    tokens_out: Spread


def reckon(judge: str, drawn: Drawn, history: Mapping[str, CallHistory], price: Price | None) -> Estimate:
    """Reckon what a run will use.

    Args:
        judge: Who will be asked.
        drawn: What about.
        history: Earlier calls of the judge, by evaluator.
        price: What its model costs; None where that is not known.
    """
    names = sorted({name for thread in drawn.asked for name in thread})
    parts = {name: reckon_part(name, drawn, history.get(name)) for name in names}
    return Estimate(
        judge=judge,
        items=drawn.items,
        of_items=drawn.of_items,
        sampled=len(drawn.asked),
        calls=_whole(sum((part.calls for part in parts.values()), NOTHING)),
        tokens_in=_whole(sum((part.tokens_in for part in parts.values()), NOTHING)),
        tokens_out=_whole(sum((part.tokens_out for part in parts.values()), NOTHING)),
        cost_usd=None if price is None else cost_range(price, list(parts.values())),
        basis=basis_of({name: part.usual for name, part in parts.items() if part.calls.value}),
    )


def reckon_part(name: str, drawn: Drawn, history: CallHistory | None) -> Part:
    """Reckon what one evaluator will use."""
    asked = [thread.get(name, NOT_ASKED) for thread in drawn.asked]
    questions = extrapolate([one.questions for one in asked], drawn.items)
    size = extrapolate([one.size for one in asked], drawn.items)
    schema = sum(one.schemas for one in asked) / max(sum(one.questions for one in asked), 1)
    usual = usual_calls(history, schema, questions.value)
    calls = questions * usual.calls_per_question
    tokens_in = size * usual.calls_per_question * usual.tokens_per_byte
    return Part(usual, calls, tokens_in, calls * usual.tokens_out)


def cost_range(price: Price, parts: Sequence[Part]) -> Range[Decimal]:
    """The cost of all parts. Calls and tokens rise and fall together in it: rather too wide than too narrow."""
    value, low, high = (
        sum((_cost(price, part, end) for part in parts), Decimal(0)) for end in ("value", "low", "high")
    )
    return Range(value=value, low=low, high=high)


def _cost(price: Price, part: Part, end: End) -> Decimal:
    """Calls times the cost of an average one, whose size decides which line of the price it goes by."""
    calls = _at(part.calls, end)
    if not calls:
        return Decimal(0)
    tokens_in, tokens_out = round(_at(part.tokens_in, end) / calls), round(_at(part.tokens_out, end) / calls)
    cached = round(tokens_in * part.usual.cached_share)
    one = price.cost_usd(tokens_in, tokens_out, cached, tokens_written=0 if end == "low" else None)
    return (one * Decimal(calls)).quantize(SMALLEST_USD)


def basis_of(usual: Mapping[str, Usual]) -> str:
    """What the tokens are reckoned by."""
    calls = sum(one.calls for one in usual.values())
    by_rule = [name for name, one in usual.items() if not one.calls]
    if not calls:
        return RULES_OF_THUMB
    rest = f", {RULES_OF_THUMB} for {', '.join(by_rule)}" if by_rule else ""
    return f"history of {calls:,} calls{rest}"


def _at(spread: Spread, end: End) -> float:
    return {"value": spread.value, "low": spread.low, "high": spread.high}[end]


def _whole(spread: Spread) -> Range[int]:
    return Range(value=round(spread.value), low=round(spread.low), high=round(spread.high))
