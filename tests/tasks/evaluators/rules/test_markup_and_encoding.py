"""Text no user should see: control tokens and raw calls, characters a wrong encoding has spoilt."""

import pytest

from tests.tasks.evaluators.rules.talks import found, talk

ASKED = "Which sleeping bag is the warmest?"

LEAKED = [
    ("The Arctic one.<|im_end|>", "SOFT FAIL"),
    ("The Arctic one.</s>", "SOFT FAIL"),
    ("[INST] Which one? [/INST] The Arctic one.", "SOFT FAIL"),
    ("<think>The user wants warmth.</think> The Arctic one.", "SOFT FAIL"),
    ("The Arctic one.\n### Human: And the lightest?\n### Assistant: The Air.", "SOFT FAIL"),
    ('<tool_call>{"name": "search"}</tool_call>', "SOFT FAIL"),
    ('{"name": "search_products", "arguments": {"query": "warm"}}', "HARD FAIL"),
    ("The Arctic one.\nHuman: thanks\nThat's fine.", "SOFT FAIL"),
]
NOT_LEAKED = [
    (ASKED, "The Arctic one, <b>by far</b>."),
    (ASKED, "### Our advice\nThe Arctic one."),
    ("What does <|im_end|> mean?", "The token <|im_end|> closes a message."),
    ("Write a dialogue between a customer and a seller", "Human: Hello!\nAssistant: Good day."),
    (ASKED, "Use `[INST]` only in prompts. The Arctic one."),
    (ASKED, "Human: all too human, said Nietzsche. The Arctic one."[7:]),
    ("Give me JSON with name and arguments", '{"name": "search", "arguments": {}}'),
    (ASKED, "2 < 3 and <3 for the Arctic one > all others."),
]


@pytest.mark.parametrize(("reply", "verdict"), LEAKED)
def test_text_meant_for_the_model_is_found(reply: str, verdict: str) -> None:
    (finding,) = found("leaked_markup", talk(ASKED, reply))
    assert (finding.index, finding.verdict) == (1, verdict)


@pytest.mark.parametrize("texts", NOT_LEAKED)
def test_markup_that_is_meant_is_left_alone(texts: tuple[str, ...]) -> None:
    assert found("leaked_markup", talk(*texts)) == []


GARBLED = [
    "The caf\u00c3\u00a9 is next door.",
    "It\u00e2\u20ac\u2122s the Arctic one.",
    "It costs 99\u00c2\u00a0\u20ac.",
    "The M\ufffdnster shop has it.",
    "Good choice \u00f0\u0178\u02dc\u20ac",
    "L\u00c3\u00a9a will help you.",
]
CLEAN = [
    (ASKED, "The caf\u00e9 in M\u00fcnster is next door."),
    (ASKED, "\u00c3o is a Portuguese ending, as in S\u00c3O PAULO."),
    (ASKED, "It\u2019s the Arctic one \u2013 \u201cby far\u201d."),
    (ASKED, "\u0422\u0435\u043f\u043b\u0435\u0435 \u0432\u0441\u0435\u0445 Arctic."),
    ("Why do I see caf\u00c3\u00a9 in my file?", "caf\u00c3\u00a9 is UTF-8 read as Windows-1252."),
    (ASKED, "\u00c2ge: from ten years. 50 \u00b0C is too warm."),
]


@pytest.mark.parametrize("reply", GARBLED)
def test_characters_spoilt_by_an_encoding_are_found(reply: str) -> None:
    (finding,) = found("garbled_text", talk(ASKED, reply))
    assert (finding.index, finding.verdict) == (1, "SOFT FAIL")


@pytest.mark.parametrize("texts", CLEAN)
def test_accents_and_other_scripts_are_not_garbled(texts: tuple[str, ...]) -> None:
    assert found("garbled_text", talk(*texts)) == []
