"""What a night has to report: its suites, what changed, what was caught up, what was missed, what it cost."""

from collections import Counter
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from storage.records import Record
from storage.records.night import NightStatus, SuiteStatus
from tasks.nightly.change import Change


class Figure(Record):
    """A metric of one run: a share of `n` with its 95 % interval; None where nothing was measured."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class SuiteDigest(Record):
    """One suite of the night.

    Attributes:
        error: Why it failed or was skipped.
        run_id: The run that evaluated it.
        link: Its page in the Prefect UI; None where there is no UI.
        items: Threads in it.
        unscored: Rows without a score, by reason.
        cost_usd: What its run has cost; None where a price is not known.
        tokens: Input and output together.
        figures: Metrics by name.
        compared_with: The run it was compared with.
        compared_night: The night of that run.
        changes: One for each metric watched.
        notes: What a reader must know, a sentence each.
        command: Shows the comparison in full; empty where there is none.
    """

    name: str
    app: str
    kind: str
    status: SuiteStatus
    error: str | None = None
    run_id: UUID | None = None
    link: str | None = None
    items: int = 0
    unscored: dict[str, int] = Field(default_factory=dict)
    cost_usd: Decimal | None = Decimal(0)
    tokens: int = 0
    figures: dict[str, Figure] = Field(default_factory=dict[str, Figure])
    compared_with: UUID | None = None
    compared_night: date | None = None
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    command: str = ""


class CaughtUp(Record):
    """A suite of an earlier night that was worked on tonight.

    Attributes:
        changes: One for each metric watched, against the nights before that one.
        cost_usd: What it cost tonight.
        tokens: The same in tokens.
    """

    night: date
    suite: str
    status: SuiteStatus
    error: str | None = None
    run_id: UUID | None = None
    changes: tuple[Change, ...] = ()
    cost_usd: Decimal = Decimal(0)
    tokens: int = 0


class NightDigest(Record):
    """What a night has to report. `nights.digest` holds it as JSON.

    Attributes:
        suites: In the order of the plan.
        caught_up: Suites of earlier nights that were unfinished.
        missed: Nights just before this one on which nothing ran.
        cost_usd: Money spent tonight, over all models whose price is known.
        tokens: Input and output together.
        sent: By notification block: `sent`, or why it was not.
    """

    plan: str
    night: date
    run_id: UUID
    status: NightStatus = "running"
    suites: tuple[SuiteDigest, ...] = ()
    caught_up: tuple[CaughtUp, ...] = ()
    missed: tuple[date, ...] = ()
    cost_usd: Decimal = Decimal(0)
    tokens: int = 0
    sent: dict[str, str] = Field(default_factory=dict)

    @property
    def regressions(self) -> list[tuple[str, Change]]:
        """The metrics that got worse, each with its suite; of tonight first."""
        found = [(suite.name, suite.changes) for suite in self.suites]
        found += [(f"{one.suite} ({one.night})", one.changes) for one in self.caught_up]
        return [(name, change) for name, changes in found for change in changes if change.verdict == "regression"]

    @property
    def failed(self) -> list[SuiteDigest]:
        """The suites that failed."""
        return [suite for suite in self.suites if suite.status == "failed"]

    @property
    def statuses(self) -> dict[str, int]:
        """How many suites ended how."""
        return dict(Counter(suite.status for suite in self.suites))

    @property
    def headline(self) -> str:
        """`shop 2026-03-01: 1 regression, 1 of 3 suites failed`."""
        worse = len(self.regressions)
        parts = [f"{worse} regression{'s' if worse > 1 else ''}"] if worse else []
        total = len(self.suites)
        for status in ("failed", "skipped"):
            if number := self.statuses.get(status, 0):
                parts.append(f"{number} of {total} suites {status}")
        return f"{self.plan} {self.night}: {', '.join(parts) or 'no regression'}"
