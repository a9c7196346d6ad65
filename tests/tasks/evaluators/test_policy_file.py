"""The policy: rules read from a file; a duplicate or an unknown key is refused by file and line."""

import re
from pathlib import Path

import pytest

from tasks.evaluators.base import PolicyRule
from tasks.evaluators.options.options_file import OptionsError
from tasks.evaluators.options.policy import read_policy

POLICY = """\
# what our bot has to keep
- id: T-1
  section: Tone
  text: Greet the user.
- id: 2
  text: |
    Never promise
    a price.
"""


def test_rules_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    assert read_policy(path) == (
        PolicyRule(id="T-1", section="Tone", text="Greet the user."),
        PolicyRule(id="2", section="", text="Never promise\na price."),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (POLICY + "- id: t-1\n  text: Again.\n", "line 9: rule 't-1' is there already (line 2); give it another id"),
        ("- id: a\n  rule: b\n", "line 1: unknown key 'rule'; known are id, section, text"),
        ("- id: a\n", "line 1: a rule without 'text'; write id, section and text"),
        ("- text: a\n  id:\n", "line 1: a rule without 'id'; write id, section and text"),
        ("- Be kind.\n", "line 1: 'Be kind.' is no rule; write id, section and text"),
        ("id: a\ntext: b\n", "line 1: not a list; begin each entry with '- '"),
    ],
)
def test_what_is_wrong_is_named_by_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(content)
    with pytest.raises(OptionsError, match=re.escape(f"{path}: {message}")):
        read_policy(path)
