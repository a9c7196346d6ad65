"""Reads one section of a configuration field by field; what is wrong becomes messages, one a field."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from typing import Any

from tasks.sources.base import shorten


class Fields:
    """The fields of one section, each asked for once.

    A field that is absent or null has its default. One that cannot be used has its default too, and a message.

    Attributes:
        messages: What is wrong, in the order asked.
    """

    def __init__(self, section: Mapping[str, Any], name: str) -> None:
        self._section = section
        self._name = name
        self.messages: list[str] = []

    def refuse(self, field: str, problem: str) -> None:
        """Put down that a field's value cannot be used."""
        self.messages.append(f"{self._name}.{field} is {shorten(self._section.get(field))}, {problem}")

    def flag(self, field: str, default: bool) -> bool:
        """True or false."""
        value = self._section.get(field)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.refuse(field, "and must be true or false")
        return default

    def whole(
        self,
        field: str,
        default: int,
        *,
        least: int = 1,
        most: int | None = None,
        least_from: str = "",
        most_from: str = "",
    ) -> int:
        """A whole number; `least_from` and `most_from` name the variable (PREDICTIONS_...) that sets the limit."""
        value = self._section.get(field)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(field, "and must be a whole number")
        elif value < least:
            self.refuse(field, f"the least is {least}{_variable(least_from)}: {_advice('raise', least_from)}")
        elif most is not None and value > most:
            self.refuse(field, f"the most is {most}{_variable(most_from)}: {_advice('lower', most_from)}")
        else:
            return value
        return default

    def number(self, field: str, default: float, *, least: float, most: float) -> float:
        """A number within these limits, both included."""
        value = self._section.get(field)
        if value is None:
            return default
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
        if is_number and least <= value <= most:
            return float(value)
        self.refuse(field, f"and must be a number from {least:g} to {most:g}")
        return default

    def one_of(self, field: str, default: str, known: Sequence[str]) -> str:
        """One of the names known; the empty one is never suggested."""
        value = self._section.get(field)
        if value is None or value in known:
            return default if value is None else value
        names = [name for name in known if name]
        self.refuse(field, f"and must be one of {', '.join(names)}{_closest(str(value), names)}")
        return default

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """Put down each field that was never meant to be here."""
        for field in self._section:
            if field not in known:
                close = _closest(str(field), known) or f": known are {', '.join(known)}"
                self.messages.append(f"{self._name}.{field} is not known{close}")


def _variable(name: str) -> str:
    return f" (PREDICTIONS_{name})" if name else ""


def _advice(verb: str, variable: str) -> str:
    return f"{verb} it" + (", or change that variable" if variable else "")


def _closest(value: str, known: Sequence[str]) -> str:
    close = get_close_matches(value.lower(), known, n=1)
    return f": did you mean {close[0]}?" if close else ""
