"""The user's own rules for a bot, read from a file."""

from pathlib import Path

from tasks.evaluators.base import PolicyRule
from tasks.evaluators.options.options_file import Entry, read_entries
from tasks.evaluators.policy_status import plain_id


def read_policy(path: str | Path) -> tuple[PolicyRule, ...]:
    """Read rules from a YAML (or JSON, or CSV) list of id, section and text; the section may be left out.

    Raises:
        OptionsError: The file cannot be used; the message names the line and what to do.
    """
    rules: dict[str, tuple[int, PolicyRule]] = {}
    for entry in read_entries(Path(path), ("id", "section", "text")):
        rule = _rule(entry)
        plain = plain_id(rule.id)
        if plain in rules:
            raise entry.error(f"rule {rule.id!r} is there already (line {rules[plain][0]}); give it another id")
        rules[plain] = (entry.line, rule)
    return tuple(rule for _, rule in rules.values())


def _rule(entry: Entry) -> PolicyRule:
    if isinstance(entry.value, str):
        raise entry.error(f"{entry.value[:60]!r} is no rule; write id, section and text")
    for key in ("id", "text"):
        if not entry.value.get(key, "").strip():
            raise entry.error(f"a rule without {key!r}; write id, section and text")
    return PolicyRule(id=entry.value["id"], section=entry.value.get("section", ""), text=entry.value["text"])
