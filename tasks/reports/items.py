"""What a run has items of, in the words of its flow, and the commands that show more of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Items:
    """How the summary of a run speaks.

    Attributes:
        items: What `items` and `completed` count.
        rows: What an evaluator has scored or not.
        more: Commands that show more; RUN_ID stands for the run.
    """

    items: str
    rows: str
    more: tuple[str, ...] = ()


THREADS = Items(
    "threads", "threads", ("evalflows runs show RUN_ID threads", "evalflows runs export RUN_ID --html report.html")
)
OF_FLOWS = {"predict-checkpoints": Items("checkpoints", "rows")}
"""Flows whose items are no threads; their notes say how to see more."""


def items_of(flow: str) -> Items:
    """The words for a run of the flow."""
    return OF_FLOWS.get(flow, THREADS)
