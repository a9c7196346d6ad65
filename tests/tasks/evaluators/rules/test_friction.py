"""Friction: the bot asks again, does not understand, is corrected."""

import pytest

from tests.tasks.evaluators.rules.talks import found, talk

MAIL = "Hi, my order has not come. You can reach me at kim.doe@mail.example."
ASKED_AGAIN = [
    (MAIL, "Sorry to hear that! What is your e-mail address?"),
    ("My phone number is 555-201-4477, please call me back", "Sure. Could you provide your phone number?"),
    ("Order #PL4471 is late", "I'm on it. May I have your order number?"),
    ("my user id is kim_doe_771", "Thanks. Please provide your user ID so that I can look."),
    ("I moved, my zip code is 90210", "Okay. Please tell me your zip code."),
    ("I want to book", "Which city are you travelling from?", "From Leeds", "Which city are you travelling from?"),
    ("A latte", "What size should it be, please?", "large", "Great. What size should it be, please?"),
]
NOT_ASKED_AGAIN = [
    (MAIL, "Sorry to hear that! What is your order number?"),
    (MAIL, "Is there another e-mail address it may be under?"),
    (MAIL, "I could not find it under kim.doe@mail.example. Could you check your e-mail address again?"),
    ("Hi, my order is late", "What is your e-mail address?"),
    (
        "I want to book",
        "Which city are you travelling from?",
        "What do you mean?",
        "Which city are you travelling from?",
    ),
    ("A latte", "Anything else I can get for you?", "a mocha", "Anything else I can get for you?"),
    ("Order #PL4471 is late", "It comes on Monday. You find your order number in the e-mail."),
    ("Two lattes", "What size?", "large", "What size?"),
]


@pytest.mark.parametrize("texts", ASKED_AGAIN)
def test_asking_for_what_was_given_is_friction_by_the_bot(texts: tuple[str, ...]) -> None:
    (finding,) = found("asked_again", talk(*texts))
    assert (finding.index, finding.kind, finding.cause) == (len(texts) - 1, "friction", "bot")


@pytest.mark.parametrize("texts", NOT_ASKED_AGAIN)
def test_a_question_with_a_reason_is_no_friction(texts: tuple[str, ...]) -> None:
    assert found("asked_again", talk(*texts)) == []


FALLBACKS = [
    "Sorry, I didn't understand that.",
    "I'm not sure I understand. Could you say more?",
    "Could you please rephrase your question?",
    "I'm sorry, but I don't understand what you mean.",
    "I didn\u2019t quite get that. Try asking it in a different way.",
    "Hmm, I did not catch that.",
]
UNDERSTOOD = [
    "I understand. It comes on Monday.",
    "I understand that you are not happy, and I am sorry.",
    "I don't think the tent is too small for three people.",
    "Gee thanks, I don't get that enough!",
    "Could you please give me the order number?",
    "You do not need to understand the fine print: returns are free.",
]


@pytest.mark.parametrize("reply", FALLBACKS)
def test_a_fallback_is_friction_by_the_bot(reply: str) -> None:
    (finding,) = found("not_understood", talk("when does the tent arrive", reply))
    assert (finding.index, finding.cause) == (1, "bot")


@pytest.mark.parametrize("reply", UNDERSTOOD)
def test_understanding_is_no_friction(reply: str) -> None:
    assert found("not_understood", talk("when does the tent arrive", reply)) == []


def test_a_fallback_on_a_message_without_words_is_the_users_doing() -> None:
    (finding,) = found("not_understood", talk("??? 1!", FALLBACKS[0]))
    assert finding.cause == "user"


CORRECTIONS = [
    ("No, I said the women's jacket.", "bot"),
    ("That's not what I asked.", "bot"),
    ("I already told you my order number!", "bot"),
    ("You're wrong, the shop closes at six.", "bot"),
    ("I didn't ask for a refund.", "bot"),
    ("you didn't answer my question", "bot"),
    ("that isn't what I ordered", "bot"),
    ("You misunderstood me.", "bot"),
    ("Oops, I meant order 4472.", "user"),
    ("Sorry, I made a typo, it is 4472", "user"),
    ("I changed my mind, make it blue.", "user"),
    ("That is not right, because I want four of them.", "user"),
    ("No, I meant to say the blue one.", "user"),
]
NO_CORRECTIONS = [
    "No, thank you.",
    "The colour is not right for me, can I send it back?",
    "I said goodbye to my old tent yesterday."[2:],
    "Is that what I asked for last week?",
    "My friend told me that you have stoves.",
    "What is wrong with the zip?",
    "No problem, take your time.",
    "Yes, that's right.",
    "I just ordered a tent.",
]


@pytest.mark.parametrize(("text", "cause"), CORRECTIONS)
def test_a_correction_is_friction_with_its_cause(text: str, cause: str) -> None:
    (finding,) = found("user_correction", talk("I need a jacket", "Here is the men's jacket.", text))
    assert (finding.index, finding.cause) == (2, cause)


@pytest.mark.parametrize("text", NO_CORRECTIONS)
def test_no_and_wrong_alone_correct_nobody(text: str) -> None:
    assert found("user_correction", talk("I need a jacket", "Here is the men's jacket.", text)) == []


def test_before_the_bot_has_said_anything_there_is_nothing_to_correct() -> None:
    assert found("user_correction", talk("That's not what I ordered! I got a stove instead of a tent.")) == []


def test_a_request_to_confirm_is_there_to_be_put_right() -> None:
    texts = ("Two tickets", "Please confirm: two tickets for Friday?", "That's wrong, I need three tickets.")
    (finding,) = found("user_correction", talk(*texts))
    assert finding.cause == "user"
