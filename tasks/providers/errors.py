"""What a model call can end in, drawn as a tree; SDK errors are mapped to it in each provider's file.

ModelError                      reason
|- CallRejected                 judge_failed   the API said no (4xx): asking again will not help
|- CallFailed                   infra          no usable reply (network, time-out, 5xx, garbage): worth another try
|  `- RateLimited               infra          429: worth another try later
|- AnswerRefused                refused        refusal or content filter
|- AnswerTruncated              truncated      cut off by the token limit; never parsed
`- AnswerUnparseable            unparseable    complete, but not what was asked for

UnusableJudge                                  the judge cannot be used at all: stops the run before it starts
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
    """The API refused the request itself (4xx other than 408 and 429)."""

    reason = "judge_failed"


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


class AnswerRefused(ModelError):
    """The model or its content filter declined."""

    reason = "refused"


class AnswerTruncated(ModelError):
    """The answer was cut off by the token limit."""

    reason = "truncated"


class AnswerUnparseable(ModelError):
    """The answer is complete and not what was asked for."""

    reason = "unparseable"


class UnusableJudge(Exception):
    """The judge as named cannot be used: unknown provider, no key, unreadable file."""
