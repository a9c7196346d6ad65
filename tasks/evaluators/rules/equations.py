"""Equations written out in a text ('3 x $4 = $12', '15% of 200 is 30') that do not hold."""

import re
from collections.abc import Iterator

from tasks.evaluators.rules.numbers import NUMBER, Number, adds_up, is_ambiguous, read_number

_OPERATOR = r" ?[+*\u00d7\u00f7] ?| [x\u2212\u2013-] |(?<=\d)x(?=[\d$])| ?/ ?"
_EQUATION = re.compile(
    rf"(?<![\d.,])({NUMBER}(?:(?:{_OPERATOR}){NUMBER}){{1,12}}) ?= ?([-\u2212]? ?{NUMBER})(?![\d,.]*\d)"
)
_SPLIT = re.compile(_OPERATOR)
_PERCENT = re.compile(
    rf"(?<![\d.,$])(\d{{1,4}}(?:\.\d{{1,4}})?) ?(?:%|percent) of (?:the )?({NUMBER})(?![\d,.]*\d) ?(?:is|=|equals"
    rf"|would be|will be|comes to) (?:equal to |exactly )?({NUMBER})(?![\d,.]*\d)",
    re.IGNORECASE,
)
_NAMES: dict[str, str] = {"\u00d7": "*", "x": "*", "\u00f7": "/", "\u2212": "-", "\u2013": "-"}
_BEFORE = re.compile(
    r"(?:[+*/=^%(\[:<>\u00d7\u00f7\u221a\u2212\u2013$#|&!~\\-]|\d[.,]?|\b(?:[a-z]|sqrt|log|ln|sin|cos|tan|root|mod"
    r"|half|squared|cubed|over|plus|minus|times|by)) ?$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r" ?(?:[%^*/=!\u00d7\u00f7+:\u00b2\u00b3(\[]|[-\u2212] ?\d|\d|[a-z]\b|\.\.\.|\u2026)| (?:x |r\d|remainder|mod"
    r"|and|or more|more|less|times|percent|to|million|billion|thousand|hundred|dozen|trillion"
    r"|hours?|hrs?|minutes?|mins?|seconds?|days?|weeks?|months?|years?|decades?|km|kilomet\w+|met(?:er|re)s?|cm|mm"
    r"|miles?|feet|foot|ft|inch(?:es)?|yards?|kg|kilos?|grams?|lbs?|pounds?|oz|ounces?"
    r"|lit(?:er|re)s?|ml|gallons?|cups?|pints?|quarts?|teaspoons?|tablespoons?|tsp|tbsp|[kmgt]b|bytes?|bits?|cents?"
    r"|dollars?|degrees?|pm|am)\b|[a-z]",
    re.IGNORECASE,
)
_NOT_MEANT = re.compile(
    r"\b(?:not|isn't|incorrect|wrong|false|mistake|mistaken|instead|error|if|suppose|assume|mod|modulo|binary|base"
    r"|hex\w*|octal|approximately|about|around|roughly|joke|matrix|vector|round\w*)\b|n't\b|\u2260|\u2248"
)
SENTENCE_REACH = 160


def false_equations(text: str) -> Iterator[str]:
    """The equations of a text that do not hold, as written. Where a reading may be meant that holds, there is none."""
    if "=" in text:
        for hit in _EQUATION.finditer(text):
            if _stands_alone(text, hit) and not _holds(hit.group(1), hit.group(2)):
                yield hit.group()
    if "%" in text or "percent" in text:
        for hit in _PERCENT.finditer(text):
            share, whole, part = (read_number(group) for group in hit.groups())
            share = Number(share.value / 100, share.decimals + 2, True) if share.decimals == 0 else share
            if share.decimals == 2 and _stands_alone(text, hit) and not adds_up((share, whole), "*", part):
                yield hit.group()


def _holds(left: str, right: str) -> bool:
    written = _SPLIT.split(left)
    operators = [_NAMES.get(sign, sign) for sign in map(str.strip, _SPLIT.findall(left))]
    numbers, result = [read_number(number) for number in written], read_number(right)
    if adds_up(numbers, operators, result):
        return True
    if "-" in operators and numbers[0].value < numbers[1].value:
        return True
    if operators == ["/"] and " " not in left and numbers[0].value < numbers[1].value:  # a share of something
        return result.value >= 1
    if any(is_ambiguous(number) for number in (*written, right)):
        swapped = [_as_thousands(number) for number in written]
        return adds_up(swapped, operators, _as_thousands(right))
    return False


def _as_thousands(written: str) -> Number:
    number = read_number(written)
    return Number(number.value * 1000, 0, number.is_money) if is_ambiguous(written) else number


def _stands_alone(text: str, hit: re.Match[str]) -> bool:
    """False where more of a formula stands around it, a unit changes, or the sentence does not claim it."""
    before, after = (
        text[max(0, hit.start() - SENTENCE_REACH) : hit.start()],
        text[hit.end() : hit.end() + SENTENCE_REACH],
    )
    if _BEFORE.search(before[-12:]) or _AFTER.match(after):
        return False
    sentence = re.split(r"[.!?]\s|\n", before)[-1] + " " + re.split(r"[.!?]\s|\n", after)[0]
    return not _NOT_MEANT.search(sentence.lower())
