"""Word by word, what a prediction says that another text does not, and the other way round."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from tasks.predictions.scoring.words import WITHOUT_SPACES

MOST_PIECES = 4_000
"""Beyond so many words of both texts together only what they begin and end with alike is told apart."""

_LETTER = WITHOUT_SPACES.pattern
_PIECE = re.compile(rf"\s*(?:{_LETTER}|(?:(?!{_LETTER})\w)+|\S)|\s+$")


class Span(NamedTuple):
    """A stretch of text; `said` is in the prediction only, `missing` in the other text only."""

    kind: Literal["same", "said", "missing"]
    text: str


def word_differences(other: str, prediction: str) -> list[Span]:
    """Both texts as one list of spans, in order; letters of scripts without spaces count as words.

    What is the same is written as the prediction has it; blanks before a word are no difference.
    """
    before, after = (_PIECE.findall(text) for text in (other, prediction))
    keys = [[piece.strip() for piece in pieces] for pieces in (before, after)]
    spans = list[Span]()
    for kind, i1, i2, j1, j2 in operations(*keys):
        missing, said = "".join(before[i1:i2]), "".join(after[j1:j2])
        if kind == "equal":
            spans.append(Span("same", said))
            continue
        spans.extend(span for span in (Span("missing", missing), Span("said", said)) if span.text)
    return spans


def operations(before: list[str], after: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """Difflib's opcodes; its time grows with the square of the length: of very long texts the ends are compared."""
    if len(before) + len(after) <= MOST_PIECES:
        return SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    shorter = min(len(before), len(after))
    head = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    tail = next((at for at in range(shorter - head) if before[-1 - at] != after[-1 - at]), shorter - head)
    middle = ("replace", head, len(before) - tail, head, len(after) - tail)
    end = ("equal", len(before) - tail, len(before), len(after) - tail, len(after))
    return [("equal", 0, head, 0, head), middle, end]
