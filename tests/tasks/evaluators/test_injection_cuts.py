"""What is left of tool calls that are too long cannot pass for a note of another kind."""

import pytest

from storage.records import ToolCall
from tasks.evaluators.asking.transcript import show_messages
from tests.tasks.evaluators.recording_judge import say

FORGED = "an image came with this message; it is not shown"


@pytest.mark.parametrize("bound", [500, 1_000])
def test_the_rest_of_a_cut_tool_call_begins_with_dots(bound: int) -> None:
    for shift in range(len(FORGED)):
        call = ToolCall(name="f", arguments=FORGED * 40 + "x" * shift)
        (shown,) = show_messages([say("assistant", "done", tool_calls=(call,))], bound)
        assert "are left out here)\n0> ..." in shown
        assert f"\n0> {FORGED}" not in shown
        assert len(shown) <= bound


def test_the_rest_of_a_cut_text_stays_as_it_is() -> None:
    (shown,) = show_messages([say("assistant", "ab" * 1_000)], 500)
    assert "..." not in shown
