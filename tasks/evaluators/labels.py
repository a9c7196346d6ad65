"""Labels compared as people read them: letter case, spaces, underscores and dashes make no difference."""

import re
from collections.abc import Iterable

SEPARATORS = re.compile(r"[\s_\-\u2010-\u2015]+")


def plain_label(label: str) -> str:
    """The form in which equal labels are equal."""
    return SEPARATORS.sub(" ", label).strip().casefold()


def same_labels(left: Iterable[str], right: Iterable[str]) -> bool:
    """Whether two sets of labels are the same set."""
    return {plain_label(label) for label in left} == {plain_label(label) for label in right}
