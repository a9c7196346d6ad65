"""Evidence as a judge gives it, checked against the thread."""

import re
from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from storage.records import Thread
from tasks.evaluators.asking.fence import undo_codes
from tasks.evaluators.asking.verdicts import Quote
from tasks.evaluators.base import Evidence
from tasks.evaluators.evidence import locate

EVIDENCE_RULES = """\
Evidence
- Evidence is a quotation: words copied character by character from the text of one message, with that message's index.
  Do not paraphrase, correct or translate; no ellipsis; no joining of separate passages; no line marks; nothing from a
  note. Quote the shortest passage that shows the point, at most about 200 characters.
- Each quotation is looked up in the transcript. Where there is nothing to quote (an empty reply, something that is
  missing), give no evidence. An invented quotation is worse than none."""


def check_quotes(thread: Thread, quotes: Iterable[Quote]) -> tuple[Evidence, ...]:
    """Look each quotation up in the message it names; one that does not stand there is marked as not found."""
    return tuple(_check(thread, quote.index, _without_marks(quote)) for quote in quotes)


def _check(thread: Thread, index: int, words: str) -> Evidence:
    """Look words up as they are, else with the codes undone that the transcript shows in them."""
    evidence = locate(thread, index, words)
    if evidence.found or "\\" not in words:
        return evidence
    return Evidence(index=index, quote=words, found=locate(thread, index, undo_codes(words)).found)


def _without_marks(quote: Quote) -> str:
    """The words without the transcript's line marks, should the judge have copied them."""
    return re.sub(rf"^{quote.index}[|>] ?", "", quote.quote, flags=re.MULTILINE)


def evidence_json(evidence: Sequence[Evidence]) -> list[JsonValue]:
    """Evidence as `Outcome.result` holds it."""
    return [{"index": e.index, "quote": e.quote, "found": e.found} for e in evidence]


def count_invented(evidence: Iterable[Evidence]) -> int:
    """How many quotations do not stand where the judge says."""
    return sum(not e.found for e in evidence)
