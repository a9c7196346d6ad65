"""What a rule check is, and what it finds."""

from collections.abc import Iterable
from typing import ClassVar, Literal, Protocol

from storage.records import Record, Thread
from tasks.evaluators.base import Correctness, Evidence
from tasks.evaluators.evidence import locate

Kind = Literal["correctness", "friction", "broken", "incomplete"]
Cause = Literal["user", "bot"]

QUOTE_CHARACTERS = 240


class Finding(Record):
    """One thing a check found.

    Attributes:
        check: Name of the check.
        index: Index of the message it is about.
        kind: `correctness` goes to the correctness verdict, the others to the efficiency verdict.
        verdict: The severity of a correctness finding; None for the other kinds.
        cause: Who caused a friction turn; None for the other kinds.
        reasoning: What is wrong, in one or two sentences.
        evidence: Quotations from the thread.
    """

    check: str
    index: int
    kind: Kind
    verdict: Correctness | None = None
    cause: Cause | None = None
    reasoning: str
    evidence: tuple[Evidence, ...] = ()


class Check(Protocol):
    """One computed check. Stateless, and linear in the length of the thread.

    Attributes:
        name: How `--checks` and the findings call it.
        default_on: False where its precision on conversations it was not written on was below 0.9 (docs/rules.md).
        kinds: The kinds of findings it can give: a judge runs only the checks it can use.
    """

    name: ClassVar[str]
    default_on: ClassVar[bool]
    kinds: ClassVar[frozenset[Kind]]

    def find(self, thread: Thread) -> Iterable[Finding]:
        """Everything it finds in a thread, in the order of the messages."""
        ...


def quoted(thread: Thread, index: int, quote: str) -> Evidence:
    """Evidence for a finding: the words, cut to what a report can show."""
    return locate(thread, index, quote.strip()[:QUOTE_CHARACTERS].rstrip())


CORRECTNESS: frozenset[Kind] = frozenset({"correctness"})
FRICTION: frozenset[Kind] = frozenset({"friction"})
