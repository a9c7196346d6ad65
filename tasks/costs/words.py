"""What a run will cost, and what it has cost, in one line."""

from collections.abc import Sequence
from decimal import Decimal
from math import floor, log10

from storage.records import Usage
from tasks.costs.estimate import Estimate, Range

MILLION = 1_000_000
FROM_HERE_IN_MILLIONS = 250_000
FROM_HERE_IN_CENTS = Decimal("0.1")


def estimate_line(estimate: Estimate) -> str:
    """One line, its 95 % ranges in brackets.

    `estimate: 1,000 threads, 2,000 calls, 1.2 M tokens in (0.9-1.6 M), 0.3 M out (0.1-0.6 M), USD 0.82 (0.50-1.60)`
    """
    threads = f"{estimate.items:,}"
    if estimate.items != estimate.of_items:
        threads += f" of {estimate.of_items:,}"
    tokens_in, tokens_out = tokens(estimate.tokens_in, " tokens in"), tokens(estimate.tokens_out, " out")
    return f"estimate: {threads} threads, {estimate.calls.value:,} calls, {tokens_in}, {tokens_out}, {cost(estimate)}"


def spending_line(usage: Usage) -> str:
    """`spent: 12 calls, 3,400 tokens in, 560 out, USD 0.0123`."""
    usd = unknown_cost(usage.unpriced_models) if usage.cost_usd is None else f"USD {dollars(usage.cost_usd)}"
    return f"spent: {usage.attempts:,} calls, {usage.tokens_in:,} tokens in, {usage.tokens_out:,} out, {usd}"


def tokens(figure: Range[int], unit: str) -> str:
    """`1.2 M tokens in (0.9-1.6 M)`, `12,000 out (9,500-15,000)`."""
    if figure.value < FROM_HERE_IN_MILLIONS:
        return f"{rounded(figure.value):,}{unit} ({rounded(figure.low):,}-{rounded(figure.high):,})"
    value, low, high = (f"{part / MILLION:,.1f}" for part in (figure.value, figure.low, figure.high))
    return f"{value} M{unit} ({low}-{high} M)"


def rounded(figure: int) -> int:
    """To two digits: an estimate knows no more."""
    return round(figure, 1 - floor(log10(figure))) if figure else 0


def cost(estimate: Estimate) -> str:
    """`USD 0.82 (0.50-1.60)`; which model's price is missing where it is."""
    figure = estimate.cost_usd
    if figure is None:
        return unknown_cost([estimate.judge])
    if not figure.high:
        return "USD 0"
    return f"USD {dollars(figure.value)} ({dollars(figure.low)}-{dollars(figure.high)})"


def dollars(usd: Decimal) -> str:
    """`1,234.50`; two digits that say something where it is less than ten cents."""
    if not usd or usd >= FROM_HERE_IN_CENTS:
        return f"{usd:,.2f}"
    return f"{usd:.{1 - usd.adjusted()}f}"


def unknown_cost(models: Sequence[str]) -> str:
    """What stands in the place of a cost that cannot be known."""
    return f"USD unknown: no price for {', '.join(models)} (EVALFLOWS_PRICES)"
