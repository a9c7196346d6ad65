"""A plan of nights: which suites are evaluated, under which budget, and what counts as a regression."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, JsonValue, field_validator, model_validator

from storage.records import Record

Kind = Literal["fixed", "fresh"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=60)]
Block = Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]
Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Regression(Record):
    """What counts as a regression of a suite.

    Attributes:
        metrics: Names of the metrics watched; p is corrected over them.
        least_points: The smallest fall worth an alarm, in percentage points.
        alpha: How often at most a suite in which nothing changed may raise one.
    """

    metrics: Annotated[tuple[str, ...], Field(min_length=1)] = ("success_rate", "intent_accuracy")
    least_points: Annotated[float, Field(gt=0, le=100)] = 5
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05


class Suite(Record):
    """One run of a flow each night.

    Attributes:
        name: Unique within the plan; the same from night to night, so that nights can be compared.
        app: Which bot it is about.
        flow: Name of the flow.
        kind: `fixed`: the whole of it each night, compared pair by pair; `fresh`: what has no result yet, compared
            as samples of the same traffic.
        parameters: Of the flow.
        budget_usd: Most money its judge may cost a night; 0: what the plan has left.
        budget_tokens: Most tokens a night; 0: what the plan has left.
    """

    name: Name
    app: Annotated[str, Field(min_length=1)] = "default"
    flow: str = "evaluate-threads"
    kind: Kind
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    budget_usd: Usd = 0
    budget_tokens: Annotated[int, Field(ge=0)] = 0


class Plan(Record):
    """What is done each night.

    Attributes:
        name: Nights are kept under it.
        time_zone: IANA name of the zone in which a night has its date.
        budget_usd: Most money all judges of a night may cost together; 0: no limit.
        budget_tokens: Most tokens of a night; 0: no limit.
        catch_up_nights: How many nights back unfinished suites are finished, and missed nights are reported.
        notify: Prefect notification blocks that are sent the digest, as `slack-webhook/team`.
        regression: What counts as one.
        suites: In the order in which they run.
    """

    name: Name
    time_zone: str = "UTC"
    budget_usd: Usd = 0
    budget_tokens: Annotated[int, Field(ge=0)] = 0
    catch_up_nights: Annotated[int, Field(ge=0, le=31)] = 7
    notify: tuple[Block, ...] = ()
    regression: Regression = Regression()
    suites: Annotated[tuple[Suite, ...], Field(min_length=1)]

    @field_validator("time_zone")
    @classmethod
    def zone_is_known(cls, name: str) -> str:
        """Refuse a zone that the zone data do not have."""
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("should be an IANA time zone such as Europe/Berlin") from error
        return name

    @model_validator(mode="after")
    def names_are_unique(self) -> "Plan":
        """Refuse two suites of one name: the night keeps one row for each name."""
        names = [suite.name for suite in self.suites]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two suites are named {twice!r}: rename one")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The plan's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def app(self) -> str:
        """The app of all suites; `several` where they are about more than one."""
        apps = {suite.app for suite in self.suites}
        return apps.pop() if len(apps) == 1 else "several"

    def suite(self, name: str) -> Suite | None:
        """The suite of this name; None where the plan has none (any more)."""
        return next((suite for suite in self.suites if suite.name == name), None)
