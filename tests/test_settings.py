"""The settings and their example file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from settings import PredictionSettings, Settings, SettingsError, get_prediction_settings, get_settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"


def test_the_example_file_names_every_variable() -> None:
    named = {line.removeprefix("# ").partition("=")[0] for line in EXAMPLE.read_text(encoding="utf-8").splitlines()}
    assert {f"EVALFLOWS_{name.upper()}" for name in Settings.model_fields} <= named
    assert {f"PREDICTIONS_{name.upper()}" for name in PredictionSettings.model_fields} <= named


def test_the_example_file_shows_the_defaults_of_predictions() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    shown = dict(line.removeprefix("# PREDICTIONS_").lower().split("=") for line in lines if "# PREDICTIONS_" in line)
    assert PredictionSettings.model_validate({**shown, "spool": None}) == PredictionSettings()


def test_a_wrong_value_is_refused_with_the_variable_it_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALFLOWS_WINDOW_MESSAGES", "few")
    get_settings.cache_clear()
    with pytest.raises(SettingsError, match=r"^EVALFLOWS_WINDOW_MESSAGES='few': Input should be a valid integer"):
        get_settings()


def test_an_empty_variable_is_as_if_it_were_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALFLOWS_DATABASE_URL", "")
    assert Settings().database_url is None


@pytest.fixture
def _settings_read_anew() -> Iterator[None]:
    get_prediction_settings.cache_clear()
    yield
    get_prediction_settings.cache_clear()


@pytest.mark.usefixtures("_settings_read_anew")
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MAX_SAMPLE_COUNT", "few", "^PREDICTIONS_MAX_SAMPLE_COUNT='few': Input should be a valid integer"),
        ("MAX_SAMPLE_COUNT", "3", "^PREDICTIONS_DEFAULT_SAMPLE_COUNT=5: more than PREDICTIONS_MAX_SAMPLE_COUNT=3"),
        ("DEFAULT_FREQUENCY", "daily", "^PREDICTIONS_DEFAULT_FREQUENCY='daily': .*'epoch', 'steps', 'eval' or 'save'"),
        ("COST_7B", "-1", "^PREDICTIONS_COST_7B='-1': Input should be greater than or equal to 0"),
    ],
)
def test_limits_of_predictions_that_cannot_be_used_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"PREDICTIONS_{name}", value)
    with pytest.raises(SettingsError, match=said):
        get_prediction_settings()


@pytest.mark.usefixtures("_settings_read_anew")
def test_with_predictions_off_nothing_else_of_them_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREDICTIONS_ENABLED", "false")
    monkeypatch.setenv("PREDICTIONS_MAX_SAMPLE_COUNT", "few")
    assert get_prediction_settings().enabled is False
