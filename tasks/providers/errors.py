"""What a model call can end in, drawn as a tree; SDK errors are mapped to it in each provider's file.

ModelError                      reason
|- CallRejected                 judge_failed   the API said no (4xx): asking again will not help
|  `- AccessRefused             judge_failed   401, 402, 403, 404, quota used up: key, rights, model or URL is wrong
|- CallFailed                   infra          no usable reply (network, time-out, 5xx, garbage): worth another try
|  |- RateLimited               infra          429: worth another try later
|  `- Unreachable               infra          nothing listens there, or the host's name is not known
|- AnswerRefused                refused        refusal or content filter
|- AnswerTruncated              truncated      cut off by the token limit; never parsed
|- AnswerUnparseable            unparseable    complete, but not what was asked for
`- BudgetExhausted              budget         not asked: the run's budget does not cover it

UnusableJudge                   the judge cannot be used at all: stops the run before or at its first call
JudgeStopped                    the judge has stopped answering: stops the run, which can be resumed
"""

from typing import TYPE_CHECKING, ClassVar

from storage.records import UnscoredReason, storable

if TYPE_CHECKING:
    from tasks.providers.base import ModelReply

LONGEST_MESSAGE = 500


class ModelError(Exception):
    """A call without a usable answer; the message is one line of at most 500 characters that can be stored.

    Attributes:
        reason: What the item becomes unscored for.
        retryable: Whether the same call is worth another try.
        reply: What came back all the same, and was paid for; None where nothing did.
    """

    reason: ClassVar[UnscoredReason]
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, reply: "ModelReply | None" = None) -> None:
        super().__init__(" ".join(storable(message).split())[:LONGEST_MESSAGE])
        self.reply = reply


class CallRejected(ModelError):
    """The API refused the request itself (4xx other than 408, 409 and 429)."""

    reason = "judge_failed"


class AccessRefused(CallRejected):
    """The API refuses every request made this way: 401, 402, 403, 404, or a quota that is used up."""


class CallFailed(ModelError):
    """No usable reply came back; the same call may succeed later."""

    reason = "infra"
    retryable = True

    def __init__(
        self, message: str, reply: "ModelReply | None" = None, *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message, reply)
        self.retry_after_seconds = retry_after_seconds


class RateLimited(CallFailed):
    """Too many requests (429)."""


class Unreachable(CallFailed):
    """No connection could be made: refused, or the host's name is not known."""


class AnswerRefused(ModelError):
    """The model or its content filter declined."""

    reason = "refused"


class AnswerTruncated(ModelError):
    """The answer was cut off by the token limit."""

    reason = "truncated"


class AnswerUnparseable(ModelError):
    """The answer is complete and not what was asked for."""

    reason = "unparseable"


class BudgetExhausted(ModelError):
    """The call was not made: what is left of the run's budget does not cover it."""

    reason = "budget"


class UnusableJudge(Exception):
    """The judge as named cannot be used: unknown provider, no key, a wrong key, model or URL, an unreadable file."""


class JudgeStopped(Exception):
    """The judge gave no usable answer many times in a row; the message is one line."""
