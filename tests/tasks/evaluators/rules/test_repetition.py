"""Repetition: replies given twice, replies that go round in circles, users who must say it again."""

import pytest

from tests.tasks.evaluators.rules.talks import found, indexes, talk

REPLY = "You can bring the tent to any of our shops or send it by post; please keep the receipt with it."
OTHER = "The repair takes about two weeks and is free of charge within the warranty."

REPEATED = [
    ("Can I return the tent?", REPLY, "And how long does the repair take?", REPLY),
    ("Hi", "Hello!", "Can I return it?", REPLY, "No, the address of the shop!", REPLY),
    ("Return?", REPLY, "Opening hours on Sunday?", REPLY.upper()),
    ("Return?", REPLY, "Which shop is nearest?", REPLY.replace(" ", "  ")),
    ("Return?", REPLY, "that is no answer to my question", REPLY),
]
NOT_REPEATED = [
    ("Can I return the tent?", REPLY, "Can I return the tent?", REPLY),
    ("Can I return the tent?", REPLY, "ok", REPLY),
    ("Can I return it?", REPLY, "What is your address?", OTHER, "By post or in the shop?", REPLY),
    ("Can I return the tent?", REPLY, "What did you just say?", REPLY),
    ("Seats at noon, please", OTHER, "What about seven in the evening?", OTHER),
    ("Which station does the train leave from?", OTHER, "Sure. From which station does it leave?", OTHER),
    ("Can I return the tent?", REPLY, "Thanks, that's all", REPLY),
    ("Hi", "Hello! How can I help?", "I have a question", "Hello! How can I help?"),
    ("Can I return the tent?", REPLY, "How long does a repair take?", OTHER),
    (
        "Add a latte",
        "Your order is one latte. Is that correct, shall I send it to the counter now?",
        "Add a mocha too",
        "Your order is one latte. Is that correct, shall I send it to the counter now?",
    ),
]


@pytest.mark.parametrize("texts", REPEATED)
def test_the_same_reply_to_another_question_is_found(texts: tuple[str, ...]) -> None:
    (finding,) = found("repeated_reply", talk(*texts))
    assert (finding.index, finding.verdict) == (len(texts) - 1, "SOFT FAIL")


@pytest.mark.parametrize("texts", NOT_REPEATED)
def test_the_same_reply_to_the_same_thing_is_no_failure(texts: tuple[str, ...]) -> None:
    assert found("repeated_reply", talk(*texts)) == []


LINE = "The warranty covers all defects of the material. "
LOOPS = [
    LINE * 4,
    "Sure, here you are. " + "It covers the zips of your tent as well. " * 6,
    "Here are some: " + "tent, pole, peg, " * 12 + "ten",
    "\n".join(["- the poles of the tent and the pegs"] * 5),
    "Well. " + "you can return it and " * 9 + "you",
]
NO_LOOPS = [
    LINE + "It does not cover wear. " + LINE + "It lasts two years. It covers the poles.",
    "Very, very, very good tents at very, very, very good prices: do come and have a look at them!",
    "\n".join(f"{day}: open from nine to six, closed for lunch" for day in ("Mon", "Tue", "Wed", "Thu", "Fri")),
    "No no no, the tent is not lost at all; it is in the depot in Leeds and will be with you tomorrow.",
    "| a | b | c | d | e | f | g | h |\n" + "| - | - | - | - | - | - | - | - |\n" * 4,
]


@pytest.mark.parametrize("reply", LOOPS)
def test_a_reply_that_goes_round_in_circles_is_found(reply: str) -> None:
    (finding,) = found("looping_reply", talk("What does the warranty cover?", reply))
    assert (finding.index, finding.verdict) == (1, "SOFT FAIL")


@pytest.mark.parametrize("reply", NO_LOOPS)
def test_a_reply_that_repeats_a_little_is_left_alone(reply: str) -> None:
    assert found("looping_reply", talk("What does the warranty cover?", reply)) == []


@pytest.mark.parametrize("wish", ["Write a song about tents", "Repeat it four times", "Give me a weekly schedule"])
def test_repetition_that_was_asked_for_is_no_loop(wish: str) -> None:
    assert found("looping_reply", talk(wish, LINE * 6)) == []


ASKED_TWICE = [
    ("Where is my tent?", "Our shops are open until six.", "Where is my tent?", "It is in Leeds."),
    ("What is your address in Leeds?", OTHER, "what is your address in leeds", "12 Mill Lane."),
    ("Please cancel my order 4471 today", REPLY, "Please cancel my order 4471 today!", "Done."),
    (
        "Can I pay by card in the shop in Leeds when I come on Monday?",
        OTHER,
        "Can I pay by card in the shop in Leeds when I come Monday?",
        "Yes.",
    ),
    ("Hello", "Hi!", "Do you sell poles for this?", OTHER, "do you sell poles for this??", "Yes."),
]
ASKED_ONCE = [
    ("Where is my tent?", "In Leeds.", "Where is my stove?", "In York."),
    ("Please cancel order 4471 for me today", "Done.", "Please cancel order 4472 for me today", "Done."),
    ("Can you show me other tents?", "This one.", "Can you show me other tents?", "That one."),
    ("Thank you very much for your help", "Welcome!", "Thank you very much for your help", "Bye!"),
    ("Where is my tent?", "", "Where is my tent?", "In Leeds."),
    ("How much is it a day?", "$20.", "And the big one, please?", "Sure.", "How much is it a day?", "$30."),
    ("yes please do that", "Done.", "yes please do that", "Done."),
    ("Good morning to you", "Good morning!", "Good morning to you", "Hello."),
]


@pytest.mark.parametrize("texts", ASKED_TWICE)
def test_a_user_who_must_ask_again_is_friction_by_the_bot(texts: tuple[str, ...]) -> None:
    (finding,) = found("user_repeats", talk(*texts))
    assert (finding.index, finding.kind, finding.cause) == (len(texts) - 2, "friction", "bot")


@pytest.mark.parametrize("texts", ASKED_ONCE)
def test_other_questions_and_small_talk_are_not_the_same_question(texts: tuple[str, ...]) -> None:
    assert found("user_repeats", talk(*texts)) == []


def test_each_further_repetition_is_a_finding() -> None:
    assert indexes("repeated_reply", talk("a?", REPLY, "Where is the shop?", REPLY, "When is it open?", REPLY)) == [
        3,
        5,
    ]
