"""Numbers as people write them, and what a sum of them comes to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation

CURRENCY = r"[$\u20ac\u00a3\u00a5\u20b9]"
DIGITS = r"(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?:\.\d{1,10})?"
NUMBER = rf"(?:{CURRENCY} ?)?{DIGITS}"
MONEY = re.compile(
    rf"({CURRENCY}) ?({DIGITS})(?![\d,.]*\d)(?! ?(?:%|k\b|[mb]n?\b|million|billion|thousand|trillion))", re.IGNORECASE
)
_CURRENCY_SIGN = re.compile(CURRENCY)


@dataclass(frozen=True)
class Number:
    """A number with what its writing tells.

    Attributes:
        value: The number.
        decimals: Digits after the point.
        is_money: True when a currency sign stands before it.
    """

    value: Decimal
    decimals: int
    is_money: bool

    @property
    def slack(self) -> Decimal:
        """Half a unit of the last digit, where the number may have been rounded; 0 where it is exact."""
        is_exact = self.decimals == 0 or (self.is_money and self.decimals == 2)
        return Decimal(0) if is_exact else Decimal(5).scaleb(-self.decimals - 1)


def read_number(written: str) -> Number:
    """Read '$1,234.50', '7' or '- 3.5'."""
    bare = re.sub(r"[^\d.]", "", written)
    value = Decimal(bare)
    if written.lstrip()[:1] in ("-", "\u2212"):
        value = -value
    return Number(value, len(bare.partition(".")[2]), bool(_CURRENCY_SIGN.search(written)))


def is_ambiguous(written: str) -> bool:
    """True for '1.234', which half of the world reads as one thousand two hundred and thirty-four."""
    return bool(re.search(r"(?<![\d.])\d{1,3}\.\d{3}$", written))


def evaluate(values: Sequence[Decimal], operators: Sequence[str]) -> Decimal | None:
    """What numbers joined by + - * / come to, products first; None where it divides by zero."""
    terms, signs = [values[0]], list[str]()
    try:
        for operator, value in zip(operators, values[1:], strict=True):
            if operator == "*":
                terms[-1] *= value
            elif operator == "/":
                terms[-1] /= value
            else:
                signs.append(operator)
                terms.append(value)
    except (DivisionByZero, InvalidOperation):
        return None
    total = terms[0]
    for sign, term in zip(signs, terms[1:], strict=True):
        total = total + term if sign == "+" else total - term
    return total


def adds_up(numbers: Sequence[Number], operators: Sequence[str], result: Number) -> bool:
    """True when a result is right as far as rounding of what is shown can tell; also when nothing can be told."""
    values = [number.value for number in numbers]
    exact = evaluate(values, operators)
    if exact is None:
        return True
    slack = Decimal(1).scaleb(-result.decimals) if _may_be_rounded(numbers, operators, result) else Decimal(0)
    for at, number in enumerate(numbers):
        if number.slack:
            moved = evaluate([*values[:at], number.value + number.slack, *values[at + 1 :]], operators)
            slack += abs(moved - exact) if moved is not None else exact
    return abs(exact - result.value) <= slack + abs(exact) * Decimal("1e-12")


def _may_be_rounded(numbers: Sequence[Number], operators: Sequence[str], result: Number) -> bool:
    if "/" in operators:
        return True
    places = [number.decimals for number in numbers]
    return (sum(places) if "*" in operators else max(places)) > result.decimals
