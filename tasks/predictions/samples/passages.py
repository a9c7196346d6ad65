"""Plain text to go on with: passages, each a prompt and what follows it."""

import re
from collections.abc import Iterator

from tasks.predictions.samples.sample import Sample
from tasks.sources.errors import Unfit

LONGEST = 800
"""Characters of a text that are looked at: a prompt and a truth of at most about 100 tokens each."""
SHORTEST = 80
"""Characters of a paragraph that is a sample; headings and lists of contents have fewer."""
BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")


def split_text(text: str, *, ends: bool = True) -> Sample:
    """The first 800 characters, whole words: the first half of them is the prompt, the second the truth.

    The truth keeps the space it begins with, so that both together are the text.

    Args:
        text: A text, or a part of one.
        ends: Whether training puts an end after it; it does not where this is a part of a longer text.

    Raises:
        Unfit: There are not two words.
    """
    text = text.strip()
    passage = text if len(text) <= LONGEST else text[:LONGEST].rsplit(maxsplit=1)[0]
    places = [found.start() for found in re.finditer(r"\s+", passage)]
    if not places:
        raise Unfit("the text is too short: a prompt and its continuation need two words", "text", text)
    middle = min(places, key=lambda place: abs(place - len(passage) // 2))
    return Sample(ground_truth=passage[middle:], text=passage[:middle], is_whole=ends and len(passage) == len(text))


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """What stands between blank lines and is no heading, with the line it begins on, from 1."""
    start = 0
    for gap in [*BLANK_LINES.finditer(text), None]:
        end = len(text) if gap is None else gap.start()
        if end - start >= SHORTEST:
            yield text.count("\n", 0, start) + 1, text[start:end]
        start = end if gap is None else gap.end()
