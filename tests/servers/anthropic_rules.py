"""What the Messages API refuses about the body of a request: the SDK's own request types, and published constraints
(https://platform.claude.com/docs/en/api/errors#common-validation-errors, 2026-11)."""

from anthropic.types.image_block_param import ImageBlockParam
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from anthropic.types.text_block_param import TextBlockParam

from tests.servers.anthropic_schema import problem_of_schema
from tests.servers.base import Body
from tests.servers.sdk_types import problem_of

OLD_VERSION = "2023-06-01"
VERSIONS = {OLD_VERSION, "2026-10-21"}
SAMPLING = {"temperature": (0, 1), "top_p": (0, 1), "top_k": (0, 500)}  # gone in the version after OLD_VERSION
SENT_AS_HEADERS = {"user_profile_id", "workspace_id"}  # the SDK's type has them all the same
BLOCKS = {"text": TextBlockParam, "image": ImageBlockParam}
NO_PREFILL = "This model does not support assistant message prefill. The conversation must end with a user message."


def blocks_of(content: str | list[Body]) -> list[Body]:
    """The blocks of a message; a string is short for one block of text."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def schema_in(body: Body) -> Body:
    """The schema of the answer; empty where none was sent."""
    form: Body = body.get("output_config", {}).get("format") or {}
    return form.get("schema", {})


def problem_of_sampling(body: Body, version: str) -> str | None:
    """What is wrong with the parameters that only the old version has."""
    for name, (least, most) in SAMPLING.items():
        if name not in body:
            continue
        if version != OLD_VERSION:
            return f"{name}: Extra inputs are not permitted"
        value = body[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            return f"{name}: Input should be a number from {least} to {most}"
        if str(body.get("model")).startswith("thinks-"):
            return f"`{name}` is deprecated for this model."
    return None


def problem_of_body(body: Body) -> str | None:
    """What is wrong with everything else."""
    if extra := sorted(body.keys() & SENT_AS_HEADERS):
        return f"{extra[0]}: Extra inputs are not permitted"
    checked = {name: value for name, value in body.items() if name not in SAMPLING}
    if problem := problem_of(checked, MessageCreateParamsNonStreaming):
        return problem
    if body["max_tokens"] < 0:
        return "max_tokens: Input should be greater than or equal to 0"
    problem = problem_of_messages(body["messages"])
    if problem is None and schema_in(body):
        if body["messages"][-1]["role"] == "assistant":
            return (
                "This model does not support assistant message prefill. The conversation must end with a user message."
            )
        wrong = problem_of_schema(schema_in(body))
        problem = f"output_config.format.schema: {wrong}" if wrong else None
    return problem


def problem_of_messages(messages: list[Body]) -> str | None:
    """What is wrong with the turns, whose blocks the SDK's type leaves open."""
    if not messages:
        return "messages: at least one message is required"
    if messages[0]["role"] != "user":
        return 'messages: first message must use the "user" role'
    for number, message in enumerate(messages):
        for block in blocks_of(message["content"]):
            where = f"messages.{number}.content"
            if block.get("type") not in BLOCKS:
                return f"{where}: Input tag {block.get('type')!r} does not match any of the expected tags"
            if problem := problem_of(block, BLOCKS[block["type"]], where):
                return problem
            if block["type"] == "text" and not block["text"].strip():
                return "messages: text content blocks must contain non-whitespace text"
            if not block.get("source", {}).get("url", "https://").startswith("https://"):
                return f"{where}.source: Only HTTPS URLs are supported."
    return None
