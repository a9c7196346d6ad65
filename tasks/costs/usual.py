"""What calls of a judge use as a rule: from the ledger's history of it, or by rules of thumb."""

import math
from dataclasses import dataclass

from storage.records.history import CallHistory
from tasks.costs.spread import Z_95, Spread

ENOUGH_CALLS = 20
"""A history of fewer calls is not gone by."""

OTHER_MATERIAL = 0.10
"""Least relative half-width of a range from history: the threads of another run are other threads."""

CALLS_PER_QUESTION = Spread(1.03, 1.0, 1.2)
"""By rule of thumb: now and then an answer leaves something out and is asked for again."""

TOKENS_PER_BYTE = Spread(0.25, 0.2, 0.4)
"""By rule of thumb: "a token is equivalent to about 4 characters" (https://ai.google.dev/gemini-api/docs/tokens, read
2026-11-21); fewer characters in JSON, in other languages than English, and with the tokenizers of some models."""

TOKENS_OUT = Spread(500, 150, 2500)
"""By rule of thumb, of one answer: some verdicts with their reasons, and with a reasoning model what it thinks."""


@dataclass(frozen=True)
class Usual:
    """What one evaluator's calls use.

    Attributes:
        calls_per_question: Calls for each first question.
        tokens_per_byte: Input tokens for each UTF-8 byte of instructions, prompt and schema.
        tokens_out: Output tokens of a call.
        cached_share: Share of the input tokens that is read from the provider's cache, 0 to 1.
        calls: Calls this is drawn from; 0: rules of thumb.
    """

    calls_per_question: Spread = CALLS_PER_QUESTION
    tokens_per_byte: Spread = TOKENS_PER_BYTE
    tokens_out: Spread = TOKENS_OUT
    cached_share: float = 0.0
    calls: int = 0


def usual_calls(history: CallHistory | None, schema_bytes: float, questions: float) -> Usual:
    """What one evaluator's calls will use, going by its history where that is long enough.

    Args:
        history: Its calls so far; None where there are none.
        schema_bytes: Of the schema sent with a call, which the ledger does not keep.
        questions: How many calls are ahead: the fewer, the less they average out.
    """
    if history is None or history.calls < ENOUGH_CALLS:
        return Usual()
    again = history.calls / (history.calls - history.follow_ups) if history.follow_ups < history.calls else 1.0
    tokens_out = history.tokens_out / history.calls
    half = Z_95 * history.tokens_out_sd * math.sqrt(1 / history.calls + 1 / max(questions, 1.0))
    return Usual(
        calls_per_question=Spread(again, 1.0, max(again * (1 + OTHER_MATERIAL), again)),
        tokens_per_byte=_tokens_per_byte(history, schema_bytes),
        tokens_out=_at_least_as_wide(tokens_out, half),
        cached_share=history.tokens_cached / history.tokens_in,
        calls=history.calls,
    )


def _tokens_per_byte(history: CallHistory, schema_bytes: float) -> Spread:
    if history.shown_calls < ENOUGH_CALLS:
        return TOKENS_PER_BYTE
    return _at_least_as_wide(
        history.shown_tokens_in / (history.shown_bytes + history.shown_calls * schema_bytes), half=0.0
    )


def _at_least_as_wide(value: float, half: float) -> Spread:
    """A range of this half-width, or of the least one; its lower end at most ten times below the value."""
    half = max(half, OTHER_MATERIAL * value)
    return Spread(value, max(value - half, value / 10), value + half)
