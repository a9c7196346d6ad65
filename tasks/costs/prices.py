"""The prices of models: those shipped, and the user's own (EVALFLOWS_PRICES) on top."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from settings import Settings
from tasks.costs.price import FREE, Price, PriceLine
from tasks.costs.price_file import PricesError, read_price_file

__all__ = ["FREE", "Price", "Prices", "PricesError", "find_price", "read_prices"]

SHIPPED = Path(__file__).with_name("prices.yaml")
DATE_AT_THE_END = re.compile(r"[-@]20\d{2}(-?)\d{2}\1\d{2}$")


class Prices:
    """Prices by provider and model. A model that is not among them has no price: None, never 0."""

    def __init__(self, lines: Iterable[PriceLine]) -> None:
        """Take lines in; several of one model are for requests of several sizes, or count from different days on."""
        self._lines: defaultdict[tuple[str, str], list[PriceLine]] = defaultdict(list)
        for line in lines:
            self._lines[line.provider, line.model].append(line)

    def __or__(self, upper: "Prices") -> "Prices":
        """Both; of a model that both have, the lines of `upper` alone."""
        joined = Prices(())
        joined._lines.update(self._lines | upper._lines)
        return joined

    def find(self, provider: str, model: str, day: dt.date | None = None) -> Price | None:
        """What a model costs: by its exact name, else by its name without the date at the end.

        Args:
            provider: The word before the colon of the judge.
            model: The word after it, as in `gpt-4o-2024-11-20`, `claude-haiku-4-5-20251001` or `NAME@20251001`.
            day: On which day (UTC); None means today.
        """
        for name in (model, DATE_AT_THE_END.sub("", model)):
            if (provider, name) in self._lines:
                return price_on(day or dt.datetime.now(dt.UTC).date(), self._lines[provider, name])
        return None


def price_on(day: dt.date, lines: Iterable[PriceLine]) -> Price | None:
    """The price that the lines of one model make on a day: those with the last `since` that has come, and no others."""
    begun = [(line.since or dt.date.min, line) for line in lines if line.since is None or line.since <= day]
    latest = max((since for since, _ in begun), default=None)
    now = [line for since, line in begun if since == latest]
    return Price(lines=tuple(sorted(now, key=lambda line: line.above_tokens))) if now else None


def read_prices(path: Path | None) -> Prices:
    """The shipped prices, and those of the user's file on top; None means no file.

    Raises:
        PricesError: The file cannot be used.
    """
    return shipped_prices() if path is None else shipped_prices() | Prices(read_price_file(path))


@lru_cache
def shipped_prices() -> Prices:
    """The prices that come with this version."""
    return Prices(read_price_file(SHIPPED))


def find_price(provider: str, model: str, settings: Settings) -> Price | None:
    """What a judge's model costs today; None where it is not known.

    Raises:
        PricesError: The user's file cannot be used.
    """
    return read_prices(settings.prices).find(provider, model)
