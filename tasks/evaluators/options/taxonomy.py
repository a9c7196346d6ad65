"""The taxonomy of intents: read from a file, or taken from the intents found in the data."""

from collections.abc import Mapping
from pathlib import Path

from tasks.evaluators.base import Intent
from tasks.evaluators.labels import plain_label
from tasks.evaluators.options.options_file import Entry, OptionsError, read_entries

MOST_INTENTS = 1_000


def read_taxonomy(path: str | Path) -> tuple[Intent, ...]:
    """Read intents from YAML or JSON (a list of names, or of name and description) or CSV (name, description).

    Raises:
        OptionsError: The file cannot be used; the message names the line and what to do.
    """
    intents: dict[str, tuple[int, Intent]] = {}
    for entry in read_entries(Path(path), ("name", "description")):
        intent = _intent(entry)
        plain = plain_label(intent.name)
        if plain in intents:
            raise entry.error(f"intent {intent.name!r} is there already (line {intents[plain][0]}); remove one")
        intents[plain] = (entry.line, intent)
    _refuse_too_many(len(intents), str(path))
    return tuple(intent for _, intent in intents.values())


def taxonomy_from(counts: Mapping[str, int]) -> tuple[Intent, ...]:
    """The intents found in the data, the most frequent first; of several spellings the most frequent.

    Args:
        counts: How often each intent occurs, recorded or as a label.

    Raises:
        OptionsError: There are more than a judge can choose from.
    """
    names: dict[str, str] = {}
    for name, _ in sorted(counts.items(), key=lambda counted: (-counted[1], counted[0])):
        if plain := plain_label(name):
            names.setdefault(plain, name)
    _refuse_too_many(len(names), "the data")
    return tuple(Intent(name=name) for name in names.values())


def _intent(entry: Entry) -> Intent:
    value = {"name": entry.value} if isinstance(entry.value, str) else entry.value
    name = value.get("name", "").strip()
    if not name:
        raise entry.error("an intent without a name; write name and description")
    return Intent(name=name, description=value.get("description", ""))


def _refuse_too_many(number: int, where: str) -> None:
    if number > MOST_INTENTS:
        raise OptionsError(
            f"{where}: {number} intents are more than a judge can choose from ({MOST_INTENTS}); "
            "give a shorter list with --intents FILE"
        )
