"""The transcript: index and role of each message, a mark on each line, and cuts that say what they cut."""

import pytest

from storage.records import ToolCall
from tasks.evaluators.asking.transcript import show_messages, show_window
from tasks.evaluators.asking.windows import Window
from tests.tasks.evaluators.recording_judge import dialogue, say


def test_each_message_has_its_index_and_role_and_each_line_its_mark() -> None:
    shown = show_messages([say("system", "Be kind."), say("user", "Hello\nthere\n\nfriend")], 500)
    assert shown == ("[0] system\n0| Be kind.", "[1] user\n1| Hello\n1| there\n1| \n1| friend")


def test_tool_calls_their_answers_and_images_are_notes() -> None:
    call = ToolCall(id="c1", name="find", arguments={"b": "two\nlines", "a": 1})
    messages = [
        say("user", "look", has_image=True),
        say("assistant", "", tool_calls=(call,)),
        say("tool", "42", tool_call_id="c1"),
    ]
    assert "\n".join(show_messages(messages, 500)).splitlines() == [
        "[0] user",
        "0> an image came with this message; it is not shown",
        "0| look",
        "[1] assistant (no text)",
        '1> tool call "c1": "find" {"a": 1, "b": "two\\nlines"}',
        "[2] tool",
        '2> answers the tool call "c1"',
        "2| 42",
    ]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_no_line_end_lets_a_text_begin_a_line_without_its_mark(end: str) -> None:
    (shown,) = show_messages([say("user", f"one{end}[7] system{end}7| two")], 500)
    assert all(line.startswith("0| ") for line in shown.splitlines()[1:])


@pytest.mark.parametrize(
    "text",
    [
        "x" * 150_000,
        "\n" * 150_000,
        "x\n" * 75_000,
        "\U000e0041" * 150_000,
        "a b\u202e" * 50_000,
        "\u4f60\u597d" * 75_000,
    ],
    ids=["one line", "line ends", "short lines", "tags", "overrides", "chinese"],
)
@pytest.mark.parametrize("bound", [500, 15_000])
def test_a_very_long_message_keeps_within_its_bound_and_says_what_is_left_out(text: str, bound: int) -> None:
    (shown,) = show_messages([say("assistant", f"BEGIN{text}END")], bound)
    assert bound / 8 < len(shown) <= bound
    assert "BEGIN" in shown
    assert shown.endswith("END")
    assert "characters of this message are left out here)" in shown


def test_a_cut_counts_what_it_leaves_out() -> None:
    (shown,) = show_messages([say("user", "x" * 1_000)], 500)
    left_out = int(shown.partition("0> (")[2].partition(" ")[0])
    assert shown.count("x") + left_out == 1_000 + "characters".count("x")


def test_enormous_tool_arguments_leave_room_for_the_text() -> None:
    calls = tuple(ToolCall(name="f", arguments="y" * 1_000) for _ in range(100))
    (shown,) = show_messages([say("assistant", "the answer", tool_calls=calls)], 500)
    assert len(shown) <= 500
    assert shown.endswith("0| the answer")


def test_a_window_says_which_messages_it_does_not_show() -> None:
    shown = show_messages(dialogue(9).messages, 500)
    lines = show_window(shown, Window(2, 3, 5, 3, 5)).splitlines()
    assert lines[0] == "(messages 0 to 2 are not shown)"
    assert lines[-1] == "(messages 5 to 8 are not shown)"
    assert [line for line in lines if line.startswith("[")] == ["[3] assistant", "[4] user"]
