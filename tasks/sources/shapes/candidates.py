"""The columns of a sample of rows, and which of them may play a role."""

from collections.abc import Callable, Mapping, Sequence

from tasks.sources.columns import Columns
from tasks.sources.errors import SourceError, Unfit
from tasks.sources.shapes.aliases import normalise, ranks
from tasks.sources.shapes.values import is_missing

MOST_NAMES = 12


class Candidates:
    """Columns still without a role; each plays one at most.

    Args:
        file: For errors.
        sample: Some rows.
        given: What the user said.
    """

    def __init__(self, file: str, sample: Sequence[Mapping[str, object]], given: Columns) -> None:
        self._file = file
        self._given = given
        self.sample = sample
        self.names = list(dict.fromkeys(name for row in sample for name in row))
        self.found: dict[str, str] = {}

    def take_given(self, roles: Sequence[str], elsewhere: Sequence[str] = ()) -> None:
        """Take the columns the user named for these roles.

        Raises:
            SourceError: There is no such column, here or among the names `elsewhere`.
        """
        for role in roles:
            name = self._given.names.get(role)
            if name in self.names:
                self.found[role] = name
            elif name and name not in elsewhere:
                known = shorten_names([*self.names, *elsewhere])
                raise SourceError(f"{self._file}: no column {name!r} ({role} in --columns); there are: {known}")

    def take(self, role: str, aliases: str, fits: Callable[[object], object] | None = None) -> str | None:
        """Take the column whose name tells most, unless the user named or switched off the role.

        Args:
            role: What it is to play.
            aliases: Names, the most telling first.
            fits: Raises `Unfit` for a value that cannot be; a column most of whose values cannot be is passed over.
        """
        if role in self._given.names or role in self.found:
            return self.found.get(role)
        known = ranks(aliases)
        free = [name for name in self.names if name not in self.found.values() and normalise(name) in known]
        for name in sorted(free, key=lambda name: known[normalise(name)]):
            if fits is None or self._mostly(name, fits):
                self.found[role] = name
                return name
        return None

    def has(self, aliases: str) -> str | None:
        """The free column whose name tells most, without taking it."""
        known = ranks(aliases)
        free = [name for name in self.names if name not in self.found.values() and normalise(name) in known]
        return min(free, key=lambda name: known[normalise(name)], default=None)

    def values(self, name: str) -> list[object]:
        """The sample's values of a column, missing ones left out."""
        return [row[name] for row in self.sample if name in row and not is_missing(row[name])]

    def rest(self) -> tuple[str, ...]:
        """Columns without a role."""
        return tuple(name for name in self.names if name not in self.found.values())

    def _mostly(self, name: str, fits: Callable[[object], object]) -> bool:
        values = self.values(name)
        return sum(_fits(value, fits) for value in values) * 2 >= len(values)


def shorten_names(names: Sequence[str]) -> str:
    """Some names for a message, with how many there are more."""
    shown = ", ".join(repr(name[:60]) for name in names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"


def _fits(value: object, fits: Callable[[object], object]) -> bool:
    try:
        fits(value)
    except Unfit:
        return False
    return True
