"""What a job says of its predictions is held against the limits, field by field."""

from typing import Any

import pytest

from settings import PredictionSettings
from tasks.predictions.config import ConfigError, PredictionsConfig, read_config

LIMITS = PredictionSettings()


def read(**predictions: object) -> PredictionsConfig:
    return read_config({"learning_rate": 0.1, "predictions": predictions}, LIMITS)


def test_the_job_s_value_wins_then_the_environment_then_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREDICTIONS_DEFAULT_SAMPLE_COUNT", "7")
    monkeypatch.setenv("PREDICTIONS_MAX_LENGTH", "64")
    read = read_config({"predictions": {"sample_count": 9}}, PredictionSettings())
    assert (read.sample_count, read.max_new_tokens, read.sample_frequency) == (9, 64, "epoch")
    assert read_config({}, PredictionSettings()).sample_count == 7


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (
            "sample_count",
            500,
            "predictions.sample_count is 500, the most is 100 (PREDICTIONS_MAX_SAMPLE_COUNT): "
            "lower it, or change that variable",
        ),
        ("sample_count", "5", "predictions.sample_count is '5', and must be a whole number"),
        ("sample_count", True, "predictions.sample_count is True, and must be a whole number"),
        (
            "step_interval",
            5,
            "predictions.step_interval is 5, the least is 10 (PREDICTIONS_MIN_STEP_INTERVAL): "
            "raise it, or change that variable",
        ),
        (
            "sample_frequency",
            "epochs",
            "predictions.sample_frequency is 'epochs', and must be one of epoch, steps, eval, save: "
            "did you mean epoch?",
        ),
        ("sampel_count", 5, "predictions.sampel_count is not known: did you mean sample_count?"),
        ("temperature", float("nan"), "predictions.temperature is nan, and must be a number from 0 to 2"),
        (
            "repeats",
            2,
            "predictions.repeats is 2, and without a temperature all repeats say the same: set temperature above 0",
        ),
        ("enabled", "no", "predictions.enabled is 'no', and must be true or false"),
        ("model_size", "8b", "predictions.model_size is '8b', and must be one of 7b, 13b, 70b"),
    ],
)
def test_a_field_that_cannot_be_used_has_its_message(field: str, value: object, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(**{field: value})
    assert refused.value.messages == (said,)


def test_all_messages_come_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        read(sample_count=0, sample_frequency="daily", seed=-1, colour="red")
    named = [message.split(" ")[0].removeprefix("predictions.") for message in refused.value.messages]
    assert named == ["sample_count", "sample_frequency", "seed", "colour"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"prediction": {"sample_count": 3}}, "prediction is not known: did you mean predictions?"),
        ({"sample_count": 3}, r"sample_count stands outside of predictions: write {predictions: {sample_count: ...}}"),
        ({"predictions": 5}, "predictions is 5, and must be a mapping such as {sample_count: 5}"),
    ],
)
def test_a_section_in_the_wrong_place_is_named(config: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_config(config, LIMITS)
    assert refused.value.messages == (said,)


def test_switched_off_nothing_else_is_looked_at() -> None:
    assert read(enabled=False, sample_count="many") == PredictionsConfig(enabled=False)
    assert read_config({}, PredictionSettings(enabled=False)).enabled is False
    assert read_config({"predictions": {"enabled": True}}, PredictionSettings(enabled=False)).enabled is True


def test_what_changes_the_text_is_handed_to_the_generation() -> None:
    settings = read(temperature=0.5, repeats=3, seed=4, max_new_tokens=20, batch_size=2, top_p=0.9).generation()
    assert (settings.temperature, settings.repeats, settings.seed) == (0.5, 3, 4)
    assert (settings.max_new_tokens, settings.batch_size, settings.top_p) == (20, 2, 0.9)
