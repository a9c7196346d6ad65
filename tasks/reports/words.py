"""How figures are written: titles, percentages, intervals, and text from the data."""

from tasks.statistics.proportions import Metric

NOT_MEASURED = "not measured"


def title(name: str) -> str:
    """`success_rate` as `Success rate`."""
    return name.replace("_", " ").capitalize()


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal; None is not measured."""
    return NOT_MEASURED if share is None else f"{100 * share:.1f} %"


def interval(metric: Metric) -> str:
    """The 95 % interval, empty where nothing was measured."""
    if metric.low is None or metric.high is None:
        return ""
    return f"{100 * metric.low:.1f} to {100 * metric.high:.1f} %"


def visible(text: str) -> str:
    """Text from the data with every character spelt out that a terminal could obey or a reader not see."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
