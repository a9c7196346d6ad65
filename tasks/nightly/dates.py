"""Which night it is: the date, in the plan's time zone, on which the run was due."""

from datetime import date, datetime, timedelta

from tasks.errors import RunRefused
from tasks.nightly.plan import Plan


def night_of(plan: Plan, due: datetime, named: str = "") -> date:
    """The night of a run.

    Args:
        plan: Its time zone counts; daylight saving does not, as only the date is kept.
        due: When the run was to begin, with its time zone: a run that begins late keeps its night.
        named: A date the user gave, which goes before; empty: none.

    Raises:
        RunRefused: `named` is no date, or one that is still to come.
    """
    tonight = due.astimezone(plan.zone).date()
    if not named:
        return tonight
    try:
        night = date.fromisoformat(named)
    except ValueError as error:
        raise RunRefused(f"--night {named!r} is not a date: write 2026-03-01") from error
    if night > tonight:
        raise RunRefused(f"--night {named!r} is still to come: today is {tonight} in {plan.time_zone}")
    return night


def missed_nights(night: date, number: int, last: date | None) -> list[date]:
    """Nights just before this one on which nothing ran at all, the oldest first.

    Args:
        night: Tonight.
        number: How many nights to look back.
        last: The plan's last night before; None where there was none, so that none was missed.
    """
    if last is None:
        return []
    return [back for ago in range(number, 0, -1) if (back := night - timedelta(days=ago)) > last]
