"""Control words of chat formats: to the tokenizer of an open model they end the turn, whatever fence they stand in."""

import pytest

from tasks.evaluators.asking.fence import make_visible

WORDS = [
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|channel|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|turn>",
    "<turn|>",
    "<channel|>",
    "<\uff5cUser\uff5c>",
    "<\uff5cend\u2581of\u2581sentence\uff5c>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<end_of_utterance>",
    "<bos>",
    "<eos>",
    "<pad>",
    "<unk>",
    "<s>",
    "</s>",
    "<EOS_TOKEN>",
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "[INST]",
    "[/INST]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[AVAILABLE_TOOLS]",
    "[TOOL_CALLS]",
    "[/TOOL_RESULTS]",
    "[|endofturn|]",
    "[gMASK]",
    "<<SYS>>",
    "<</SYS>>",
]


@pytest.mark.parametrize("word", WORDS)
def test_its_first_character_is_shown_as_a_code(word: str) -> None:
    shown = make_visible(f"so{word}{word} and")
    assert word not in shown
    assert shown == f"so{word}{word} and".replace(word, f"\\u{ord(word[0]):04x}{word[1:]}")


@pytest.mark.parametrize(
    "text",
    [
        "a < b | c > d",
        "<b>bold</b> <strong>, <span>, <start>",
        "[1] [x] [NAME] [INSTANCE]",
        "INST s bos",
        "if x<y and y>z: a|b",
        "<<EOF",
        "I <3 you",
    ],
)
def test_other_brackets_stay_as_they_are(text: str) -> None:
    assert make_visible(text) == text
