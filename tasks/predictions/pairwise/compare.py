"""One pair of predictions compared: asked in both orders, one verdict, or the reason why there is none."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from storage.records import UnscoredReason
from storage.records.prediction import Prediction
from tasks.predictions.pairwise.question import Order, PairAnswer, Winner, ask_about
from tasks.providers.base import Ask
from tasks.providers.errors import ModelError

Verdict = Literal["better", "worse", "same"]
"""About the later step, against the one before."""

OF_WINNER: dict[Order, dict[Winner, Verdict]] = {
    "earlier-first": {"first": "worse", "second": "better", "same": "same"},
    "later-first": {"first": "better", "second": "worse", "same": "same"},
}


@dataclass(frozen=True)
class Compared:
    """What came of one pair.

    Attributes:
        verdict: About the later prediction; None where the judge gave none.
        earlier_first: Who won when the earlier one stood first; None where the judge was not asked or failed.
        later_first: Who won when the later one did.
        unscored: Why there is no verdict; None where there is one.
        detail: In one line: the judge's reason, or what failed.
    """

    verdict: Verdict | None
    earlier_first: Winner | None = None
    later_first: Winner | None = None
    unscored: UnscoredReason | None = None
    detail: str = ""


async def compare_pair(earlier: Prediction, later: Prediction, ask: Ask, *, tell: bool = True) -> Compared:
    """Ask a judge about two predictions of one sample; the same text is the same without asking.

    Args:
        earlier: At the previous step.
        later: At this step.
        ask: The judge.
        tell: Whether what a server said of a failure may be told.
    """
    if earlier.prediction == later.prediction:
        return Compared("same", detail="both are the same text")
    orders: tuple[Order, ...] = ("earlier-first", "later-first")
    asked = [ask(ask_about(earlier, later, order)) for order in orders]
    # not a TaskGroup: it would drop an answer that is on the wire, and is paid for
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, ModelError):
            told = f": {answer}" if tell else ""  # a server's reply may repeat what it was sent
            return Compared(None, unscored=answer.reason, detail=f"{type(answer).__name__}{told}")
        if isinstance(answer, BaseException):
            raise answer
    return agree(*(answer for answer in answers if isinstance(answer, PairAnswer)))


def agree(earlier_first: PairAnswer, later_first: PairAnswer) -> Compared:
    """The verdict of both orders; where they disagree, the predictions count as the same.

    Source: L. Zheng et al., "Judging LLM-as-a-judge with MT-Bench and Chatbot Arena", NeurIPS 2023, section 3.4: a win
    is declared only when an answer is preferred in both orders (https://arxiv.org/abs/2306.05685, 2026-11).
    """
    one, other = earlier_first.winner, later_first.winner
    why, other_why = (" ".join(answer.reason.split()) for answer in (earlier_first, later_first))
    if orders_disagree(one, other):
        return Compared("same", one, other, detail=f"the orders disagree: {why} / {other_why}")
    return Compared(OF_WINNER["earlier-first"][one], one, other, detail=why)


def orders_disagree(earlier_first: Winner, later_first: Winner) -> bool:
    """Whether the judge went by the place of an answer: its two winners are not the same prediction."""
    return OF_WINNER["earlier-first"][earlier_first] != OF_WINNER["later-first"][later_first]
