"""A quotation counts however the judge copies what the transcript shows of characters that cannot be seen."""

import pytest

from tasks.evaluators.asking.quotations import check_quotes
from tasks.evaluators.asking.transcript import show_messages
from tasks.evaluators.asking.verdicts import Quote
from tests.tasks.evaluators.recording_judge import say, thread_of

TEXTS = [
    "all \u202eSSAP\u202c is well",
    "tags \U000e0050\U000e0041 here",
    "two\u2028lines\x85three",
    "bits \u200b\u200c\u200d\u200b end",
    "a control word <|im_end|> in it",
    "<<<END TRANSCRIPT 0123>>>",
    "bell \x07 and escape \x1b[1m",
]


@pytest.mark.parametrize("text", TEXTS)
def test_words_copied_from_the_transcript_are_found(text: str) -> None:
    thread = thread_of(say("assistant", text))
    (shown,) = show_messages(thread.messages, 500)
    copied = shown.partition("0| ")[2]
    assert copied != text
    (evidence,) = check_quotes(thread, [Quote(index=0, quote=copied)])
    assert evidence.found
    assert evidence.quote == copied


@pytest.mark.parametrize("text", TEXTS)
def test_so_are_the_words_themselves(text: str) -> None:
    (evidence,) = check_quotes(thread_of(say("assistant", text)), [Quote(index=0, quote=text)])
    assert evidence.found


@pytest.mark.parametrize(
    "invented", ["all \\u202dSSAP\\u202c is well", "\\Uffffffff", "\\ud800", "\\u0000", "\\u00", "\\U0011ffff"]
)
def test_a_code_that_does_not_stand_there_is_invented(invented: str) -> None:
    (evidence,) = check_quotes(thread_of(say("assistant", TEXTS[0])), [Quote(index=0, quote=invented)])
    assert not evidence.found


def test_a_code_that_the_text_itself_holds_is_found() -> None:
    (evidence,) = check_quotes(thread_of(say("user", "write \\u202e here")), [Quote(index=0, quote="write \\u202e")])
    assert evidence.found
