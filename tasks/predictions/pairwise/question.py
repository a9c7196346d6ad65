"""The question of a pairwise judge: which of two answers to the same prompt is better. The prompt is versioned."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from storage.records.prediction import Prediction
from tasks.evaluators.asking.fence import FENCE_RULES, fence, make_visible
from tasks.evaluators.asking.verdicts import Answer, Words
from tasks.providers.base import Question

VERSION = "1"

SYSTEM = f"""\
You compare two answers that a language model gave to the same prompt at two moments of its training. Say which of them
is better: the one that does what the prompt asks more correctly and more completely. Where a REFERENCE is given, it is
the answer the training data has: what agrees with it in substance is right, in whatever words.

- winner: "first" if ANSWER FIRST is better, "second" if ANSWER SECOND is better, "same" if neither is better for
  somebody who reads them: both right, both wrong to the same degree, or different in wording only.
- The order in which the answers stand means nothing. Length is no quality: what is beside the point, repeats itself or
  breaks off is worse.
- reason: in English, in one or two sentences. Write it before the winner; the winner follows from it.

{FENCE_RULES}"""

TASK = "Which of the two answers to the prompt is better?"

Order = Literal["earlier-first", "later-first"]
"""Which answer stands first; each pair is shown in both orders."""

Winner = Literal["first", "second", "same"]


def _lower(word: object) -> object:
    return word.strip().lower() if isinstance(word, str) else word


class PairAnswer(Answer):
    """What the judge says of one pair in one order."""

    reason: Words
    winner: Annotated[Winner, BeforeValidator(_lower)]


def ask_about(earlier: Prediction, later: Prediction, order: Order) -> Question[PairAnswer]:
    """The question about two predictions of one sample; both have a text.

    Args:
        earlier: At the previous step.
        later: At this step.
        order: Which of them is shown first.
    """
    first, second = (earlier, later) if order == "earlier-first" else (later, earlier)
    return Question(
        item=f"{later.job_id}/{later.variant}/{later.sample_index}/{later.repeat}",
        method=f"pairwise/{earlier.step}-{later.step}/{order}",
        system=SYSTEM,
        prompt=f"{fence(_sections(later, first, second))}\n\n{TASK}",
        answer=PairAnswer,
    )


def _sections(asked: Prediction, first: Prediction, second: Prediction) -> dict[str, str]:
    reference = {} if asked.ground_truth is None else {"REFERENCE": asked.ground_truth}
    sections = {
        "PROMPT": asked.prompt,
        **reference,
        "ANSWER FIRST": first.prediction or "",
        "ANSWER SECOND": second.prediction or "",
    }
    return {name: make_visible(text) for name, text in sections.items()}
