"""What earlier calls of a judge used: the basis of an estimate."""

from storage.records.base import Record


class CallHistory(Record):
    """Calls of one evaluator to one model that had a usable answer at their first try, added up.

    Attributes:
        evaluator: Who asked.
        calls: All calls.
        follow_ups: Those of them that asked for what an answer had left out.
        shown_calls: Those of them whose prompt was kept.
        shown_bytes: UTF-8 bytes of these prompts, instructions included, schemas not.
        shown_tokens_in: Input tokens of these calls.
        tokens_in: Input tokens of all calls.
        tokens_cached: Those of `tokens_in` that were read from the provider's cache.
        tokens_out: Output tokens of all calls.
        tokens_out_sd: Standard deviation of the output tokens of a call; 0 where there is only one.
    """

    evaluator: str
    calls: int
    follow_ups: int
    shown_calls: int
    shown_bytes: int
    shown_tokens_in: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    tokens_out_sd: float
