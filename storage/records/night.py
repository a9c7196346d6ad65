"""A night of a plan, and its suites."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime

from storage.records.base import Record

NightStatus = Literal["running", "succeeded", "failed"]
SuiteStatus = Literal["waiting", "running", "succeeded", "failed", "skipped"]


class Night(Record):
    """One row of `nights`.

    Attributes:
        plan: Name of the plan.
        night: Its date in the plan's time zone.
        run_id: The nightly run that worked on it last; None where that was deleted.
        status: `succeeded` when every suite has.
        digest: What was reported; None until there is something to report.
    """

    plan: str
    night: date
    run_id: UUID | None
    status: NightStatus
    digest: dict[str, Any] | None
    started_at: AwareDatetime
    finished_at: AwareDatetime | None


class NightSuite(Record):
    """One row of `night_suites`.

    Attributes:
        run_id: The run that evaluates it; None where it was not started.
        status: `skipped` where it was left out for a reason, or stopped by the budget.
        error: Why it failed or was skipped.
        compared_with: The run of an earlier night it was compared with; None where there was none.
        comparison: What came of that; None until it was looked for.
    """

    plan: str
    night: date
    suite: str
    flow: str
    app: str
    kind: str
    run_id: UUID | None = None
    status: SuiteStatus = "waiting"
    error: str | None = None
    compared_with: UUID | None = None
    comparison: dict[str, Any] | None = None


class EarlierRun(Record):
    """The run of a suite in an earlier night that succeeded, and had items."""

    night: date
    run_id: UUID
    judge_provider: str
    judge_model: str | None
    versions: dict[str, str]
    snapshot_hash: str | None
