"""The settings and their example file."""

from pathlib import Path

import pytest

from settings import Settings, SettingsError, get_settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"


def test_the_example_file_names_every_variable() -> None:
    named = {line.removeprefix("# ").partition("=")[0] for line in EXAMPLE.read_text(encoding="utf-8").splitlines()}
    assert {f"EVALFLOWS_{name.upper()}" for name in Settings.model_fields} <= named


def test_a_wrong_value_is_refused_with_the_variable_it_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALFLOWS_WINDOW_MESSAGES", "few")
    get_settings.cache_clear()
    with pytest.raises(SettingsError, match=r"^EVALFLOWS_WINDOW_MESSAGES='few': Input should be a valid integer"):
        get_settings()


def test_an_empty_variable_is_as_if_it_were_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALFLOWS_DATABASE_URL", "")
    assert Settings().database_url is None
