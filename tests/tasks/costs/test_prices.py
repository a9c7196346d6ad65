"""Prices: found by exact name or without a date, never by a looser one; what is not known has none."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from settings import Settings
from tasks.costs.price_file import read_price_file
from tasks.costs.prices import SHIPPED, Price, find_price, read_prices

MILLION = 1_000_000
TODAY = date(2026, 11, 21)


def write_prices(path: Path, *lines: str) -> Path:
    """A price file."""
    path.write_text("".join(f"- {{{line}}}\n" for line in lines), encoding="utf-8")
    return path


def price_of(path: Path | None, provider: str, model: str, day: date = TODAY) -> Price:
    """A price that is known."""
    price = read_prices(path).find(provider, model, day)
    assert price is not None
    return price


def test_every_shipped_line_says_where_and_when_it_was_read() -> None:
    lines = read_price_file(SHIPPED)
    assert len(lines) >= 60
    assert [line for line in lines if not line.source.startswith("https://") or line.date is None] == []


def test_every_shipped_model_has_a_price_for_requests_of_any_size_on_every_day_from_its_first_line_on() -> None:
    lines = read_price_file(SHIPPED)
    days = [TODAY, *(line.since for line in lines if line.since)]
    models = {(line.provider, line.model) for line in lines}
    prices = [price_of(None, provider, model, day) for provider, model in models for day in days]
    assert {price.lines[0].above_tokens for price in prices} == {0}
    assert [price for price in prices if price.cost_usd(1000, 1000) <= 0] == []


@pytest.mark.parametrize("line", read_price_file(SHIPPED), ids=lambda line: f"{line.model} {line.above_tokens}")
def test_no_shipped_price_is_in_the_wrong_column_or_unit(line: object) -> None:
    price = Price.model_validate({"lines": [line]}).lines[0]
    assert Decimal("0.05") <= price.input < price.output <= 200
    assert price.cached_input is None or price.input / 50 <= price.cached_input <= price.input / 2
    assert price.cache_write is None or price.cache_write == price.input * Decimal("1.25")


@pytest.mark.parametrize("model", ["gpt-5-mini", "gpt-5-mini-2025-08-07", "gpt-5-mini-20250807", "gpt-5-mini@20250807"])
def test_a_model_is_found_by_its_name_with_and_without_a_date(model: str) -> None:
    assert price_of(None, "openai", model) == price_of(None, "openai", "gpt-5-mini")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-5-mini-fast"),
        ("openai", "gpt-5-mini-2025"),
        ("openai", "gpt-5-mini-preview-2025-08-07"),
        ("openai", "gpt"),
        ("openai", "GPT-5-mini"),
        ("openai", ""),
        ("openai", "claude-haiku-4-5"),
        ("azure", "gpt-5-mini"),
    ],
)
def test_no_other_name_is_taken_for_a_model_that_is_known(provider: str, model: str) -> None:
    assert read_prices(None).find(provider, model) is None


def test_a_dated_model_with_a_price_of_its_own_has_that_price() -> None:
    assert price_of(None, "openai", "gpt-4o-2024-05-13").lines[0].input == 5
    assert price_of(None, "openai", "gpt-4o-2024-11-20").lines[0].input == Decimal("2.5")


def test_cached_tokens_are_part_of_the_input_and_have_their_own_price(tmp_path: Path) -> None:
    path = write_prices(tmp_path / "p.yaml", "provider: openai, model: m, input: 2, cached_input: 0.5, output: 8")
    price = price_of(path, "openai", "m")
    assert price.cost_usd(MILLION, MILLION) == 10
    assert price.cost_usd(MILLION, 0, 400_000) == Decimal("1.4")
    assert price.cost_usd(1, 0) == Decimal("0.000002")


def test_without_a_price_of_their_own_cached_and_written_tokens_cost_what_input_does(tmp_path: Path) -> None:
    price = price_of(write_prices(tmp_path / "p.yaml", "provider: a, model: m, input: 2, output: 8"), "a", "m")
    assert price.cost_usd(MILLION, 0, 400_000) == price.cost_usd(MILLION, 0, 0, 300_000) == 2


def test_where_nobody_says_what_was_written_to_the_cache_the_cost_is_the_most_it_can_be(tmp_path: Path) -> None:
    line = "provider: openai, model: m, input: 2, cached_input: 0.2, cache_write: 2.5, output: 8"
    price = price_of(write_prices(tmp_path / "p.yaml", line), "openai", "m")
    assert price.cost_usd(MILLION, 0, 0, tokens_written=0) == 2
    assert price.cost_usd(MILLION, 0, 200_000, tokens_written=400_000) == Decimal("1.84")
    assert price.cost_usd(MILLION, 0, 200_000) == price.cost_usd(MILLION, 0, 200_000, 800_000) == Decimal("2.04")


def test_a_long_request_pays_the_higher_price_for_all_its_tokens(tmp_path: Path) -> None:
    path = write_prices(
        tmp_path / "p.yaml",
        "provider: gemini, model: m, above_tokens: 200000, input: 4, output: 18",
        "provider: gemini, model: m, input: 2, output: 12",
    )
    price = price_of(path, "gemini", "m")
    assert price.cost_usd(200_000, 100_000) == Decimal("1.6")
    assert price.cost_usd(200_001, 100_000) == Decimal("0.800004") + Decimal("1.8")


def test_a_line_with_a_day_replaces_all_lines_before_it_from_that_day_on(tmp_path: Path) -> None:
    path = write_prices(
        tmp_path / "p.yaml",
        "provider: gemini, model: m, input: 2, output: 12",
        "provider: gemini, model: m, above_tokens: 100, input: 4, output: 18",
        "provider: gemini, model: m, since: 2026-12-01, input: 3, output: 20",
    )
    before, after = (price_of(path, "gemini", "m", date(2026, month, day)) for month, day in ((11, 30), (12, 1)))
    assert [line.input for line in before.lines] == [2, 4]
    assert [line.input for line in after.lines] == [3]


def test_a_price_that_is_only_announced_is_none_yet(tmp_path: Path) -> None:
    line = "provider: openai, model: m, since: 2026-12-01, input: 2, output: 12"
    assert read_prices(write_prices(tmp_path / "p.yaml", line)).find("openai", "m", TODAY) is None


def test_the_users_file_lies_on_top_of_what_is_shipped(tmp_path: Path) -> None:
    path = write_prices(
        tmp_path / "prices.yaml",
        "provider: azure, model: our judge, input: 2.2, output: 8.8",
        "provider: gemini, model: gemini-2.5-pro, input: 1, output: 9",
    )
    settings = Settings(prices=path)
    deployment, changed, untouched = (
        find_price(provider, model, settings)
        for provider, model in (("azure", "our judge"), ("gemini", "gemini-2.5-pro"), ("openai", "gpt-5"))
    )
    assert deployment is not None
    assert deployment.cost_usd(MILLION, 0) == Decimal("2.2")
    assert changed is not None
    assert [(line.above_tokens, line.input) for line in changed.lines] == [(0, 1)]
    assert untouched == find_price("openai", "gpt-5", Settings()) is not None
