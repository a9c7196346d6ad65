"""Threads that carry a text in every place a thread has, around sentences that a plain judge goes by."""

from collections.abc import Callable

from storage.records import Message, Role, Thread, ToolCall
from tasks.evaluators.base import EvaluatorOptions, Intent, PolicyRule

ASKED, WRONG, COMPLAINT = "Where is my parcel?", "It is on the moon.", "That is wrong."
WISH, RECORDED = "track", "refund"
RULE = "P1"
SPOKEN: tuple[tuple[Role, str], ...] = (
    ("system", "You help with parcels."),
    ("user", ASKED),
    ("assistant", WRONG),
    ("tool", "no such parcel"),
    ("user", COMPLAINT),
    ("assistant", "I am sorry."),
)
TAXONOMY = (Intent(name=WISH, description="Where is it?"), Intent(name=RECORDED, description="Money back."))


def whole(text: str) -> Thread:
    """The text in every message, after its sentence and before it in turn, and wherever else a text can stand."""
    parts = [f"{said}\n{text}" if index % 2 else f"{text}\n{said}" for index, (_, said) in enumerate(SPOKEN)]
    call = ToolCall(id=text, name=text, arguments={"parcel": text, text: [text, None]})
    return _thread(parts, text, (call,))


def halves(text: str) -> Thread:
    """The text in two parts, each in a message of its own; then the other way round, for the other speaker."""
    middle = len(text) // 2
    pieces = [text[:middle], text[middle:]]
    parts = [f"{said}\n{pieces[(index + 1) % 2]}" for index, (_, said) in enumerate(SPOKEN)]
    calls = tuple(ToolCall(id=piece, name=piece, arguments=piece) for piece in pieces)
    return _thread(parts, text, calls)


SHAPES: dict[str, Callable[[str], Thread]] = {"whole": whole, "halves": halves}


def _thread(parts: list[str], text: str, calls: tuple[ToolCall, ...]) -> Thread:
    messages = [
        Message(
            role=role,
            text=part,
            recorded_intents=(RECORDED,) if said == ASKED else (),
            recorded_query_type=text if role == "user" else None,
            tool_calls=calls if role == "assistant" else (),
            tool_call_id=text if role == "tool" else None,
            has_image=said == COMPLAINT,
            metadata={"note": text},
        )
        for (role, said), part in zip(SPOKEN, parts, strict=True)
    ]
    return Thread(external_id=text, user_id=text, name=text, messages=tuple(messages), metadata={text: text})


def options_with(text: str) -> EvaluatorOptions:
    """Options that name the text too, and windows so small that a thread takes two."""
    return EvaluatorOptions(
        intents=(*TAXONOMY, Intent(name=f"other {text}", description=text)),
        query_types=("parcel", f"other {text}"),
        policy=(PolicyRule(id=RULE, section=text, text=f"Tell the truth. {text}"),),
        window_messages=4,
        window_overlap=2,
    )
