"""A price file that cannot be used is named in one line with the place and the value."""

import re
from pathlib import Path

import pytest

from deployments.cli.exits import is_users_error
from settings import Settings
from tasks.costs.price_file import PricesError, read_price_file
from tasks.costs.prices import find_price

GOOD = "- {provider: openai, model: a, input: 1, output: 2}\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD + "- {provider: openai, model: b, input: cheap, output: 2}\n",
         "line 2, column 39: input: 'cheap' should be a valid decimal"),
        (GOOD + "- provider: openai\n  model: b\n  input: 1\n  output: -2\n",
         "line 5, column 11: output: '-2' should be greater than or equal to 0"),
        ("- {provider: openai, model: b, input: nan, output: 2}\n",
         "line 1, column 39: input: 'nan' should be a finite number"),
        ("- {provider: openai, model: b, input: 1}\n", "line 1, column 3: a price without 'output'"),
        ("- {provider: openai, model: b, inptu: 1, input: 1, output: 2}\n",
         "line 1, column 32: unknown key 'inptu': known are provider, model, above_tokens, since"),
        ("- {provider: openai, model: b, since: soon, input: 1, output: 2}\n",
         "line 1, column 39: since: 'soon' should be a valid date"),
        ("- {provider: openai, model: '', input: 1, output: 2}\n", "line 1, column 29: model: ''"),
        ("- {provider: openai, model: b, input: 1, input: 3, output: 2}\n",
         "line 1, column 42: 'input' stands twice in one price"),
        ("- {provider: openai, model: [b], input: 1, output: 2}\n", "line 1, column 29: a list or mapping where"),
        (GOOD + "- gpt-5\n", "line 2, column 3: not a price: write it as {provider: openai"),
        ("openai:\n  gpt-5: 1\n", "line 1, column 1: not a list: begin each price with '- '"),
        (GOOD + GOOD, "line 2, column 3: a price of openai:a that stands there already"),
        ("- {provider: openai, model: b\n", "line 2, column 1: not YAML: expected ',' or '}'"),
        ("- a\tb: \x07\n", "not YAML: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_line_and_column(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PricesError, match=re.escape(f"{path}: {message}")) as raised:
        read_price_file(path)
    assert "\n" not in str(raised.value)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_bytes("- {provider: openai, model: caf\u00e9}".encode("latin-1"))
    with pytest.raises(PricesError, match="byte 31 is not UTF-8"):
        read_price_file(path)


def test_an_empty_file_and_one_with_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("# nothing yet\n", encoding="utf-8")
    assert read_price_file(path) == []
    path.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert [line.model for line in read_price_file(path)] == ["a"]


def test_a_file_that_is_not_there_is_the_users_to_mend(tmp_path: Path) -> None:
    path = tmp_path / "missing.yaml"
    with pytest.raises(PricesError, match=r"EVALFLOWS_PRICES=.*missing\.yaml.: cannot be read: No such file") as raised:
        find_price("openai", "gpt-5", Settings(prices=path))
    assert is_users_error(raised.value)
