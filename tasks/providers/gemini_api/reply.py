"""The reply of generateContent, of which only what is used is read: servers that are compatible leave much out."""

from pydantic import BaseModel, Field, JsonValue

from tasks.providers.base import ModelReply
from tasks.providers.bodies import read_body, tokens
from tasks.providers.errors import AccessRefused, AnswerRefused, AnswerTruncated, CallFailed

COMPLETE = {"STOP", None}
CUT_OFF = {"MAX_TOKENS", "CONTINUATION"}
DECLINED = {
    *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "ESCALATION", "MODEL_ARMOR"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
}
ACCOUNT_BARRED = "PUP_LIMITED_DISABLED"
"""Reasons to finish (https://ai.google.dev/api/generate-content#FinishReason, 2026-11); the others are failures."""


class Part(BaseModel):
    """A part of the answer; thoughts are none."""

    text: str | None = None
    thought: bool | None = None


class Content(BaseModel):
    """What the model said."""

    parts: list[Part] | None = None


class Candidate(BaseModel):
    """One answer, and why it ended."""

    content: Content | None = None
    finish_reason: str | None = Field(default=None, alias="finishReason")
    finish_message: str | None = Field(default=None, alias="finishMessage")


class Feedback(BaseModel):
    """Why there is no answer."""

    block_reason: str | None = Field(default=None, alias="blockReason")


class Generated(BaseModel):
    """The body of a reply."""

    candidates: list[Candidate] | None = None
    feedback: Feedback | None = Field(default=None, alias="promptFeedback")
    usage: JsonValue = Field(default=None, alias="usageMetadata")
    model_version: JsonValue = Field(default=None, alias="modelVersion")


def reply_of(body: str) -> ModelReply:
    """The answer in the body of a reply.

    Raises:
        ModelError: It is none, or the answer was refused, cut off or is empty.
    """
    generated = read_body(body, Generated, "not one of generateContent")
    if generated.feedback and generated.feedback.block_reason:
        raise AnswerRefused(f"the prompt was blocked: {generated.feedback.block_reason}", with_usage("", generated))
    if not generated.candidates:
        paid = with_usage("", generated) if generated.usage else None
        raise CallFailed(f"the reply has no candidates: {body[:200]}", paid)
    candidate = generated.candidates[0]
    reply = with_usage(text_of(candidate), generated)
    check_end(candidate, reply)
    return reply


def text_of(candidate: Candidate) -> str:
    """What was said, without what was thought."""
    parts = (candidate.content and candidate.content.parts) or []
    return "".join(part.text for part in parts if part.text and not part.thought)


def check_end(candidate: Candidate, reply: ModelReply) -> None:
    """Take an answer only if it came to its end.

    Raises:
        ModelError: It was declined, cut off or is empty.
    """
    reason = candidate.finish_reason
    why = f"{reason}: {candidate.finish_message}" if candidate.finish_message else f"{reason}"
    if reason in DECLINED:
        raise AnswerRefused(f"the answer was stopped: {why}", reply)
    if reason in CUT_OFF:
        raise AnswerTruncated(f"cut off after {reply.tokens_out} tokens: raise EVALFLOWS_MAX_OUTPUT_TOKENS", reply)
    if reason == ACCOUNT_BARRED:
        raise AccessRefused(f"the account is barred: {why}", reply)
    if reason not in COMPLETE:
        raise CallFailed(f"the answer is not complete: {why}", reply)
    if not reply.text.strip():
        raise CallFailed("the answer is empty", reply)


def with_usage(text: str, generated: Generated) -> ModelReply:
    """The reply with what was billed; thoughts are counted beside the answer, and billed as output."""
    usage = generated.usage
    thought = tokens(usage, "thoughtsTokenCount")
    return ModelReply(
        text=text,
        tokens_in=tokens(usage, "promptTokenCount") + tokens(usage, "toolUsePromptTokenCount"),
        tokens_cached=tokens(usage, "cachedContentTokenCount"),
        tokens_out=tokens(usage, "candidatesTokenCount") + thought,
        tokens_reasoning=thought,
        served_model=generated.model_version if isinstance(generated.model_version, str) else None,
    )
