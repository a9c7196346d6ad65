"""Totals of amounts of money, in a list of lines or in one sentence, that are not the sum of what is listed."""

import re
from collections.abc import Iterator
from decimal import Decimal

from tasks.evaluators.rules.numbers import MONEY

_TOTAL_LINE = re.compile(
    rf"^\W{{0,6}}(?:grand |order |new |final |overall )?total(?: (?:cost|price|amount|due|charge|charges|payment"
    rf"|bill|to pay|amount due))?\W{{0,6}}(?:is |comes to |= ?)?\W{{0,4}}{MONEY.pattern}\W{{0,6}}$",
    re.IGNORECASE,
)
_DEDUCTED = re.compile(
    r"\b(?:discount|coupon|credit|credits|refund|refunded|saving|savings|less|minus|promo\w*|deduct\w*|rebate|paid"
    r"|deposit|voucher|off)\b|[-\u2212] ?[$\u20ac\u00a3]",
    re.IGNORECASE,
)
_NOT_AN_ITEM = re.compile(
    r"\b(?:each|per|every|qty|quantity|x ?\d|\d ?x|@|or|from|up to|between|range|average|was|instead|remaining"
    r"|balance|budget|limit|monthly|hourly|a (?:day|week|month|year)|optional|total)\b|[%/*\u00d7@~]|\d ?x\b",
    re.IGNORECASE,
)
_SUBTOTAL = re.compile(r"\bsub-?total\b", re.IGNORECASE)
_TOTAL_WORD = re.compile(
    r"\b(?:total|totals|totaling|totalling|altogether)\b[^$\u20ac\u00a3\u00a5\d]{0,30}$", re.IGNORECASE
)
_NOT_A_SUM = re.compile(
    r"\b(?:discount|refund\w*|off|per|each|was|were|instead|difference|from|between|less|minus|sav\w+|remain\w*"
    r"|balance|limit|up to|or|budget|under|over|exceed\w*|if|leav\w+|after|before|include\w*|including|tax\w*|fees?"
    r"|tip|half|credit|cover\w*|nights?|days?|months?|weeks?|while|but|than|not|deposit|change)\b|[%*/\u00d7@]"
    r"|\d ?x\b| [-\u2212\u2013] ",
    re.IGNORECASE,
)
_EACH = re.compile(
    rf"(?<![$\u20ac\u00a3.,\d])\b(\d{{1,3}}) (?:[a-z'-]{{2,20}} ){{1,4}}(?:at|for|costing"
    rf"|priced at) {MONEY.pattern} (?:each|apiece"
    rf"|per [a-z]{{2,15}})\b[^$\u20ac\u00a3\d.;]{{0,60}}\b(?:total(?:s|ing|ling)?(?: is| of| price| cost| comes to"
    rf"| will be| would be)*|comes to) (?:of |is )?{MONEY.pattern}",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.)]")
LONGEST_LINE = 120
MOST_ITEMS = 40
CENT = Decimal("0.01")


def false_totals(text: str) -> Iterator[tuple[str, Decimal]]:
    """The totals of a text that are not the sum of what is listed, as written, with the sum."""
    if "otal" not in text.lower() and "altogether" not in text and "comes to" not in text:
        return
    yield from _in_lines(text)
    for sentence in _SENTENCE.split(text):
        if len(sentence) <= 400:
            yield from _in_sentence(sentence)


def _in_lines(text: str) -> Iterator[tuple[str, Decimal]]:
    items: list[str] = []
    for line in text.split("\n"):
        amounts = MONEY.findall(line) if len(line) <= LONGEST_LINE else []
        total = _TOTAL_LINE.match(line) if len(amounts) == 1 else None
        if total is not None:
            sums = _possible_sums(items)
            if sums and all(abs(value - _amount(amounts[0][1])) > CENT for value in sums):
                yield line.strip(), sums[0]
            items = []
        elif len(amounts) == 1 and len(items) < MOST_ITEMS:
            items.append(line)
        elif line.strip():
            items = []


def _possible_sums(items: list[str]) -> list[Decimal]:
    """What the lines may add up to: with deductions taken off, or all added; none where that cannot be told."""
    start = next((at for at, line in enumerate(items) if _SUBTOTAL.search(line)), 0)
    items = items[start:]
    if any(map(_has_other_number, items)):
        return []
    if (
        len(items) < 2
        or any(_NOT_AN_ITEM.search(line) for line in items)
        or len({MONEY.findall(line)[0][0] for line in items}) > 1
    ):
        return []
    amounts = [_amount(MONEY.findall(line)[0][1]) for line in items]
    less = sum((amount for amount, line in zip(amounts, items, strict=True) if _DEDUCTED.search(line)), Decimal(0))
    return [sum(amounts, Decimal(0)) - 2 * less, sum(amounts, Decimal(0))]


def _has_other_number(line: str) -> bool:
    """True where a quantity may stand beside the amount: '| Shirt | 2 | $10 |'."""
    return bool(re.search(r"(?<![\w.,#])\d", MONEY.sub("", _LIST_NUMBER.sub("", line))))


def _in_sentence(sentence: str) -> Iterator[tuple[str, Decimal]]:
    if each := _EACH.search(sentence):
        count, price, total = Decimal(each.group(1)), _amount(each.group(3)), _amount(each.group(5))
        if abs(count * price - total) > CENT:
            yield each.group(), count * price
        return
    hits = list(MONEY.finditer(sentence))
    if len(hits) < 3 or len({hit.group(1) for hit in hits}) > 1 or not _TOTAL_WORD.search(sentence[: hits[-1].start()]):
        return
    listed = sentence[: hits[-1].end()]
    if _NOT_A_SUM.search(listed) or len(re.findall(r"\btotal", sentence, re.IGNORECASE)) > 1:
        return
    value = sum((_amount(hit.group(2)) for hit in hits[:-1]), Decimal(0))
    if abs(value - _amount(hits[-1].group(2))) > CENT and len(re.findall(r"\d[\d,.]*", listed)) == len(hits):
        yield listed.strip(), value


def _amount(written: str) -> Decimal:
    return Decimal(written.replace(",", ""))
