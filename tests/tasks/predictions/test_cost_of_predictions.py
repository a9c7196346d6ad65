"""What predictions will cost: predictions x tokens x price, and how many passes there will be."""

from decimal import Decimal

import pytest

from settings import PredictionSettings
from tasks.predictions.config import PredictionsConfig, Training, estimate_cost, expected_passes, time_line

LIMITS = PredictionSettings()


def config(**fields: object) -> PredictionsConfig:
    return PredictionsConfig.model_validate(fields)


@pytest.mark.parametrize(
    ("frequency", "training", "passes"),
    [
        ("epoch", Training(epochs=3), 3),
        ("epoch", Training(epochs=2.5), 3),
        ("epoch", Training(epochs=3, max_steps=15, rows=100, rows_per_step=10), 2),
        ("epoch", Training(max_steps=15), None),
        ("steps", Training(max_steps=100), 5),
        ("steps", Training(epochs=3, rows=95, rows_per_step=10), 1),
        ("steps", Training(epochs=3), None),
        ("eval", Training(max_steps=100, every_steps=25), 4),
        ("save", Training(max_steps=100), None),
    ],
)
def test_passes_follow_from_what_is_known(frequency: str, training: Training, passes: int | None) -> None:
    assert expected_passes(config(sample_frequency=frequency, step_interval=20), training) == passes


@pytest.mark.parametrize(("size", "usd"), [("", "0.045"), ("7b", "0.0225"), ("13b", "0.045"), ("70b", "0.225")])
def test_the_price_is_that_of_the_model_s_size(size: str, usd: str) -> None:
    assert estimate_cost(config(model_size=size), LIMITS, passes=3).cost_usd == Decimal(usd)


def test_an_estimate_is_one_line_of_its_factors() -> None:
    estimate = estimate_cost(config(model_size="7b", repeats=2, temperature=1.0), LIMITS, passes=3, samples=4)
    assert estimate.line() == (
        "4 samples x 2 repeats x 3 passes = 24 predictions of about 300 tokens, USD 0.005 for 1,000 (7b): "
        "about USD 0.036"
    )
    assert estimate.warning() is None


def test_passes_that_are_not_known_are_said_and_not_guessed() -> None:
    line = estimate_cost(config(), LIMITS, passes=None).line()
    assert line.endswith("about USD 0.015 a pass; how many passes there will be is not known")


def test_above_the_limit_there_is_a_warning() -> None:
    costly = estimate_cost(config(sample_count=100, model_size="70b"), LIMITS, passes=10)
    assert costly.warning() == (
        "about USD 15.00 is above the USD 1.00 of PREDICTIONS_WARN_COST_USD: fewer samples or passes cost less"
    )


def test_switched_off_it_costs_nothing() -> None:
    assert estimate_cost(config(enabled=False), LIMITS, passes=10).cost_usd == 0


@pytest.mark.parametrize(
    ("passes", "said"),
    [
        (3, "the first pass took 12.0 s; 3 passes take about 36 s"),
        (30, "the first pass took 12.0 s; 30 passes take about 6 min 0 s"),
        (None, "the first pass took 12.0 s; how many there will be is not known"),
    ],
)
def test_time_is_measured_on_the_first_pass(passes: int | None, said: str) -> None:
    assert time_line(12.0, passes) == said
