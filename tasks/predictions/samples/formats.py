"""What each usual format of training data says: a row taken apart into what is asked and what is answered."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from tasks.predictions.samples.passages import split_text
from tasks.predictions.samples.sample import Sample, Turn
from tasks.predictions.samples.turns import as_messages, from_json, read_tools, read_turns, spoken, text_of
from tasks.sources.errors import Unfit
from tasks.sources.shapes.candidates import shorten_names

Row = Mapping[str, Any]
Kind = TypeVar("Kind", dict[str, Any], list[Any])

CONVERSATIONS = ("messages", "conversations", "conversation")
PROMPTS = ("prompt", "question")
ANSWERS = ("completion", "response", "output", "answer")
LABELS = ("label", "kto_tag")
COLUMNS = frozenset(
    (*CONVERSATIONS, *PROMPTS, *ANSWERS, *LABELS, "instruction", "instances", "chosen", "rejected", "text")
)
EXPECTED = (
    "expected are messages or conversations; prompt and completion; instruction, input and output (or response); "
    "prompt, chosen and rejected; messages and label; or text"
)
TRUTHS = {"true": True, "false": False}


def samples_of(row: Row) -> tuple[str, list[Sample]]:
    """The name of a row's format, and the samples it holds: one, or one for each of its `instances`.

    Raises:
        Unfit: The row is of no known format, or of one and not as it should be.
    """
    row = {str(key).strip().lower(): value for key, value in row.items()}
    for name, belongs, read in FORMATS:
        if belongs(row):
            return name, read(row)
    raise Unfit(f"of no known format: it has {shorten_names(tuple(row)) or 'nothing'}; {EXPECTED}")


def is_preference(row: Row) -> bool:
    """DPO: of two answers the chosen one is the ground truth."""
    return _has(row, "chosen") and "rejected" in row


def read_preference(row: Row) -> list[Sample]:
    """`chosen` is the answer to `prompt`, `conversations` or `messages`, or itself a whole conversation."""
    asked = _first(row, (*CONVERSATIONS, *PROMPTS))
    if as_messages(asked) is None and as_messages(row["chosen"]) is None:
        return [_plain(_text(asked, "prompt"), _text(row["chosen"], "chosen"))]
    answer = _said(row["chosen"], "assistant", "chosen")
    is_whole = asked is None or answer[0]["role"] != "assistant"
    return [_conversation(row, answer if is_whole else [*_said(asked, "user", "prompt"), *answer])]


def is_labelled(row: Row) -> bool:
    """KTO: an answer that somebody wanted, or did not."""
    return _label(row) is not None and any(_has(row, name) for name in (*CONVERSATIONS, "completion"))


def read_labelled(row: Row) -> list[Sample]:
    """The answer is the ground truth where the label says that it is wanted."""
    inner = read_conversation(row) if _first(row, CONVERSATIONS) is not None else read_pair(row)
    return inner if _label(row) else [Sample(each.messages, tools=each.tools, text=each.text) for each in inner]


def is_conversation(row: Row) -> bool:
    """Chat messages, or ShareGPT."""
    return _first(row, CONVERSATIONS) is not None


def read_conversation(row: Row) -> list[Sample]:
    """The last assistant turn is the answer; what follows it is left out."""
    return [_conversation(row, read_turns(_first(row, CONVERSATIONS), "messages"))]


def is_instruction(row: Row) -> bool:
    """Alpaca and its kin, self-instruct among them."""
    return _has(row, "instruction")


def read_instruction(row: Row) -> list[Sample]:
    """A user turn of `instruction` and, below it, `input`; `system` and `history` before it."""
    instances = _listed(row, "instances", dict)
    return [_instruction({**row, **each}) for each in instances or [{}]]


def is_pair(row: Row) -> bool:
    """A prompt, and what completes it."""
    return _first(row, PROMPTS) is not None


def read_pair(row: Row) -> list[Sample]:
    """Texts are plain: no chat template is applied to them. Lists of messages are a conversation."""
    prompt, answer = _first(row, PROMPTS), _first(row, ANSWERS)
    if as_messages(prompt) is None:
        return [_plain(_text(prompt, "prompt"), None if answer is None else _text(answer, "completion"))]
    said = [] if answer is None else _said(answer, "assistant", "completion")
    return [_conversation(row, [*read_turns(prompt, "prompt"), *said])]


def is_text(row: Row) -> bool:
    """Text to go on with."""
    return _has(row, "text")


def read_text(row: Row) -> list[Sample]:
    """The first half of what the text begins with is the prompt."""
    return [split_text(_text(row["text"], "text"))]


FORMATS: tuple[tuple[str, Callable[[Row], bool], Callable[[Row], list[Sample]]], ...] = (
    ("DPO", is_preference, read_preference),
    ("KTO", is_labelled, read_labelled),
    ("conversations", is_conversation, read_conversation),
    ("instructions", is_instruction, read_instruction),
    ("prompt and completion", is_pair, read_pair),
    ("text", is_text, read_text),
)


def _instruction(row: Row) -> Sample:
    said = [pair for turn in _listed(row, "history", list) for pair in zip(("user", "assistant"), turn, strict=False)]
    parts = [_text(row[name], name) for name in ("instruction", "input", "context") if _has(row, name)]
    said.append(("user", "\n".join(parts)))
    answer = _first(row, ("output", "response", "completion", "answer"))
    if answer is not None:
        said.append(("assistant", _text(answer, "output")))
    return _conversation(row, [{"role": role, "content": str(text)} for role, text in said])


def _conversation(row: Row, turns: list[Turn]) -> Sample:
    if _has(row, "system") and turns[0]["role"] != "system":
        turns = [{"role": "system", "content": _text(row["system"], "system")}, *turns]
    places = [place for place, turn in enumerate(turns) if turn["role"] == "assistant"]
    asked, answer = (turns[: places[-1]], turns[places[-1]]) if places else (turns, None)
    if not asked:
        raise Unfit("nothing is asked before the answer")
    if answer is not None and not answer.get("tool_calls"):
        _refuse_empty(str(answer["content"]))
    truth = None if answer is None else spoken(answer)
    return Sample(tuple(asked), truth, answer, read_tools(row.get("tools")))


def _plain(prompt: str, answer: str | None) -> Sample:
    if not prompt.strip():
        raise Unfit("the prompt is empty", "prompt", prompt)
    if answer is not None:
        _refuse_empty(answer)
    return Sample(ground_truth=answer, text=prompt)


def _refuse_empty(answer: str) -> None:
    if not answer.strip():
        raise Unfit("the answer is empty")


def _said(value: object, role: str, column: str) -> list[Turn]:
    """Messages as they are; a text as one turn."""
    if as_messages(value) is not None:
        return read_turns(value, column)
    return [{"role": role, "content": _text(value, column)}]


def _listed(row: Row, name: str, kind: type[Kind]) -> list[Kind]:
    found: object = from_json(row.get(name))
    listed = cast("list[object]", found if isinstance(found, list) else [] if found is None else [found])
    if not all(isinstance(each, kind) for each in listed):
        raise Unfit(f"must be a list of {kind.__name__}s", name, row.get(name))
    return cast("list[Kind]", listed)


def _text(value: object, column: str) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else text_of(value, column) or ""


def _has(row: Row, name: str) -> bool:
    return row.get(name) not in (None, "")


def _first(row: Row, names: tuple[str, ...]) -> object:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _label(row: Row) -> bool | None:
    label = _first(row, LABELS)
    if isinstance(label, bool):
        return label
    return TRUTHS.get(label.strip().lower()) if isinstance(label, str) else None
