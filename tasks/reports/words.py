"""How figures are written: titles, percentages, intervals, and text from the data."""

from tasks.reports.summary import RunSummary, Tokens
from tasks.statistics.agreement import RetestAgreement
from tasks.statistics.proportions import Metric

NOT_MEASURED = "not measured"
NOT_DEFINED = "not defined"


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


def alpha(agreement: RetestAgreement) -> str:
    """Krippendorff's alpha with three decimals; not defined where repeats gave one label only, or there are none."""
    return NOT_DEFINED if agreement.alpha is None else f"{agreement.alpha:.3f}"


def cost(summary: RunSummary) -> str:
    """`1,200 tokens in, 340 out, 0.0100 USD`; `cost not known` where a price is not known."""
    if not summary.tokens.input and not summary.tokens.output:
        return "no model tokens"
    spent = "cost not known" if summary.cost_usd is None else f"{summary.cost_usd:.4f} USD"
    return f"{tokens(summary.tokens)}, {spent}"


def tokens(used: Tokens) -> str:
    """`1,200 tokens in (300 cached), 340 out (20 reasoning)`."""
    cached = f" ({used.cached:,} cached)" if used.cached else ""
    reasoning = f" ({used.reasoning:,} reasoning)" if used.reasoning else ""
    return f"{used.input:,} tokens in{cached}, {used.output:,} out{reasoning}"


def calls(summary: RunSummary) -> str:
    """`300 calls, 40 answers reused from earlier runs, 3 repeats, by majority`; empty where there is none of it."""
    repairs = f" ({summary.repairs:,} of them to repair an answer)" if summary.repairs else ""
    parts = [
        f"{counted(summary.calls, 'call')}{repairs}" if summary.calls else "",
        f"{counted(summary.reused, 'answer')} reused from earlier runs" if summary.reused else "",
        f"{summary.repeats} repeats, by {summary.reducer}" if summary.repeats > 1 else "",
    ]
    return ", ".join(part for part in parts if part)


def counted(n: int, what: str) -> str:
    """`1 call`, `1,200 calls`."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
