"""The user's own rules for a bot, read from a file."""

from pathlib import Path

from tasks.evaluators.base import PolicyRule
from tasks.evaluators.options_file import Entry, OptionsError, read_entries
from tasks.evaluators.policy_status import plain_id


def read_policy(path: str | Path) -> tuple[PolicyRule, ...]:
    """Read rules from a YAML (or JSON, or CSV) list of id, section and text; the section may be left out.

    Raises:
        OptionsError: The file cannot be used; the message names the line and what to do.
    """
    rules: dict[str, tuple[str, PolicyRule]] = {}
    for entry in read_entries(Path(path), ("id", "section", "text")):
        rule = _rule(entry)
        plain = plain_id(rule.id)
        if plain in rules:
            raise OptionsError(
                f"{entry.place}: rule {rule.id!r} is there already ({rules[plain][0]}); give it another id"
            )
        rules[plain] = (entry.place, rule)
    return tuple(rule for _, rule in rules.values())


def _rule(entry: Entry) -> PolicyRule:
    if isinstance(entry.value, str):
        raise OptionsError(f"{entry.place}: {entry.value[:60]!r} is no rule; write id, section and text")
    for key in ("id", "text"):
        if not entry.value.get(key, "").strip():
            raise OptionsError(f"{entry.place}: a rule without {key!r}; write id, section and text")
    return PolicyRule(id=entry.value["id"], section=entry.value.get("section", ""), text=entry.value["text"])
