"""What the predictions of a job will cost in dollars, before it starts, and in time, once its first pass was made."""

from dataclasses import dataclass
from decimal import Decimal

from settings import PredictionSettings
from tasks.costs.words import dollars
from tasks.predictions.config.job_config import PredictionsConfig


@dataclass(frozen=True)
class CostEstimate:
    """Predictions x tokens x price.

    Attributes:
        samples: Predicted at each pass.
        repeats: Of each sample.
        passes: Of the whole training; None where it is not known, and the figures are those of one pass.
        tokens: Of a prompt and its prediction together.
        per_1k_usd: Price of 1,000 tokens.
        model_size: Whose price that is; empty for a model of unknown size.
        limit_usd: Above it there is a warning.
    """

    samples: int
    repeats: int
    passes: int | None
    tokens: int
    per_1k_usd: Decimal
    model_size: str
    limit_usd: Decimal

    @property
    def predictions(self) -> int:
        """Of the whole training; of one pass where the passes are not known."""
        return self.samples * self.repeats * (1 if self.passes is None else self.passes)

    @property
    def cost_usd(self) -> Decimal:
        """Of the whole training; of one pass where the passes are not known."""
        return self.predictions * self.tokens * self.per_1k_usd / 1000

    @property
    def is_above_limit(self) -> bool:
        """Whether to warn."""
        return self.cost_usd > self.limit_usd

    def line(self) -> str:
        """In words.

        `5 samples x 3 passes = 15 predictions of about 300 tokens, USD 0.01 for 1,000 (7b): about USD 0.045`
        """
        factors = [f"{self.samples:,} sample{'s' * (self.samples != 1)}"]
        factors += [f"{self.repeats:,} repeats"] if self.repeats > 1 else []
        if self.passes is not None:
            factors.append(f"{self.passes:,} pass{'es' * (self.passes != 1)}")
        size = f" ({self.model_size})" if self.model_size else ""
        price = f"USD {self.per_1k_usd} for 1,000{size}"
        line = f"{' x '.join(factors)} = {self.predictions:,} predictions of about {self.tokens:,} tokens, {price}"
        line += f": about USD {dollars(self.cost_usd)}"
        if self.passes is None:
            line += " a pass; how many passes there will be is not known"
        return line

    def warning(self) -> str | None:
        """What to say above the limit; None below it."""
        if not self.is_above_limit:
            return None
        a_pass = " a pass" if self.passes is None else ""
        above = f"above the USD {dollars(self.limit_usd)} of PREDICTIONS_WARN_COST_USD"
        return f"about USD {dollars(self.cost_usd)}{a_pass} is {above}: fewer samples or passes cost less"


def estimate_cost(
    config: PredictionsConfig,
    limits: PredictionSettings,
    *,
    passes: int | None,
    samples: int | None = None,
    tokens: int | None = None,
) -> CostEstimate:
    """What the predictions of a job will cost.

    Args:
        config: Of the job.
        limits: Prices and the limit of the warning.
        passes: See `expected_passes`; None where it is not known.
        samples: How many the data set has; None where it was not read.
        tokens: Of a prompt and its prediction together; None means PREDICTIONS_AVG_TOKENS.
    """
    prices = {"7b": limits.cost_7b, "13b": limits.cost_13b, "70b": limits.cost_70b}
    wanted = config.sample_count if config.enabled else 0
    return CostEstimate(
        samples=wanted if samples is None else min(wanted, samples),
        repeats=config.repeats,
        passes=passes,
        tokens=limits.avg_tokens if tokens is None else tokens,
        per_1k_usd=prices.get(config.model_size, limits.default_cost_per_1k),
        model_size=config.model_size,
        limit_usd=limits.warn_cost_usd,
    )


def time_line(first_pass_seconds: float, passes: int | None) -> str:
    """How long predictions will take, from how long the first pass took.

    `the first pass took 12.0 s; 3 passes take about 36 s`
    """
    first = f"the first pass took {first_pass_seconds:.1f} s"
    if passes is None:
        return f"{first}; how many there will be is not known"
    all_of_them = in_words(first_pass_seconds * passes)
    return f"{first}; {passes:,} pass{'es take' if passes != 1 else ' takes'} about {all_of_them}"


def in_words(seconds: float) -> str:
    """`36 s`, `4 min 10 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
