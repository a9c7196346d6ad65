"""How verdicts by message are asked for: window by window, and once more for what an answer left out."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tasks.evaluators.asking.verdicts import Answer
from tasks.evaluators.asking.views import View
from tasks.providers.base import Ask, Question

AnswerT = TypeVar("AnswerT", bound=Answer)
ResultT = TypeVar("ResultT")

AGAIN = "An earlier answer left these out, or was of no use for them; this time answer for every one of them."


class Indexed(Protocol):
    """A part of an answer that is about one message."""

    @property
    def index(self) -> int:
        """Index of the message."""
        ...


EntryT = TypeVar("EntryT", bound=Indexed)


@dataclass(frozen=True)
class Wanted:
    """What a question asks for: messages by index, policy rules by id."""

    indexes: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.indexes or self.rules)


class Asking(Protocol[AnswerT]):
    """How one evaluator asks about the parts of one thread."""

    def question(self, view: View, wanted: Wanted, again: bool) -> Question[AnswerT]:
        """The question; `again` when it is about what an answer left out."""
        ...

    def left_out(self, answer: AnswerT, wanted: Wanted) -> Wanted:
        """What was asked for and must be asked for again."""
        ...


@dataclass(frozen=True)
class Answered(Generic[AnswerT]):
    """What a judge said about one window.

    Attributes:
        wanted: What was asked for.
        answers: One answer, or two where the first left something out.
        missing: What both left out.
    """

    wanted: Wanted
    answers: tuple[AnswerT, ...]
    missing: Wanted


async def ask_views(asking: Asking[AnswerT], parts: Iterable[tuple[View, Wanted]], ask: Ask) -> list[Answered[AnswerT]]:
    """Ask about each window side by side, in order of the windows.

    Raises:
        ModelError: A call had no usable answer; raised when all calls are done.
    """
    return await _finish_all([_ask_view(asking, view, wanted, ask) for view, wanted in parts])


async def _ask_view(asking: Asking[AnswerT], view: View, wanted: Wanted, ask: Ask) -> Answered[AnswerT]:
    first = await ask(asking.question(view, wanted, again=False))
    rest = asking.left_out(first, wanted)
    if not rest:
        return Answered(wanted, (first,), rest)
    second = await ask(asking.question(view, rest, again=True))
    return Answered(wanted, (first, second), asking.left_out(second, rest))


async def _finish_all(calls: Sequence[Awaitable[ResultT]]) -> list[ResultT]:
    # Not a TaskGroup: it would drop the answers still on the wire, which are paid for and which the next try can use.
    results = await asyncio.gather(*calls, return_exceptions=True)
    return list(_without_failures(results))


def _without_failures(results: Iterable[ResultT | BaseException]) -> Iterator[ResultT]:
    for result in results:
        if isinstance(result, BaseException):
            raise result
        yield result


def take_entries(entries: Iterable[EntryT], indexes: Iterable[int]) -> tuple[dict[int, EntryT], list[int]]:
    """The first entry of each index that was asked for, and the indexes of all other entries."""
    wanted = frozenset(indexes)
    taken: dict[int, EntryT] = {}
    ignored: list[int] = []
    for entry in entries:
        if entry.index in wanted and entry.index not in taken:
            taken[entry.index] = entry
        else:
            ignored.append(entry.index)
    return taken, ignored


def merge_entries(
    answered: Iterable[Answered[AnswerT]], entries: Callable[[AnswerT], Iterable[EntryT]]
) -> tuple[dict[int, EntryT], list[int]]:
    """The entries of all windows by index, in order, and the indexes of entries that nobody asked for."""
    merged: dict[int, EntryT] = {}
    ignored: list[int] = []
    for part in answered:
        found = (entry for answer in part.answers for entry in entries(answer))
        taken, others = take_entries(found, part.wanted.indexes)
        merged |= taken
        ignored += others
    return dict(sorted(merged.items())), sorted(ignored)
