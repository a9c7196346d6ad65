"""What the page needs to show any sample across all steps: each text is held once, however often it was said."""

from collections.abc import Sequence

from pydantic import JsonValue

from storage.records.prediction import Prediction
from tasks.reports.predictions.catalog import in_order, kind_of, written_of_one

MOST_ROWS = 20_000
"""Predictions beyond this are left out, evenly over the steps, and the page says so: a browser holds what is below."""


def shown_steps(steps: Sequence[int], rows: int) -> frozenset[int]:
    """The steps whose predictions are shown, evenly chosen, the first and the last among them.

    Args:
        steps: All, in order.
        rows: Predictions of all steps together.
    """
    most = max(2, MOST_ROWS * len(steps) // rows) if rows else len(steps)
    if most >= len(steps):
        return frozenset(steps)
    return frozenset(steps[round(at * (len(steps) - 1) / (most - 1))] for at in range(most))


class Sheets:
    """The samples of a training, filled step by step."""

    def __init__(self) -> None:
        """Nothing is in it yet."""
        self._texts: dict[str, int] = {}
        self._steps: list[JsonValue] = []
        self._samples: dict[int, tuple[Prediction, list[JsonValue]]] = {}

    def add(self, rows: Sequence[Prediction]) -> None:
        """Take the rows of the next step; at least one, by sample and repeat."""
        place = len(self._steps)
        self._steps.append({"step": rows[0].step, "epoch": rows[0].epoch})
        for row in rows:
            _, cells = self._samples.setdefault(row.sample_index, (row, []))
            metrics: list[JsonValue] = [
                [name, kind_of(name).title, written_of_one(name, value)]
                for name in in_order(row.metrics)
                if (value := row.metrics[name]) is not None
            ]
            said = self._text(row.prediction)
            cells.append([place, row.repeat, said, self._text(row.failure), row.truncated, metrics])

    def data(self) -> dict[str, JsonValue]:
        """As JSON has it; a cell is [step's place, repeat, text's place, failure's place, truncated, metrics]."""
        samples: list[JsonValue] = [
            {"index": index, "prompt": row.prompt, "truth": row.ground_truth, "cells": cells}
            for index, (row, cells) in sorted(self._samples.items())
        ]
        return {"texts": list(self._texts), "steps": self._steps, "samples": samples}

    def _text(self, text: str | None) -> int | None:
        return None if text is None else self._texts.setdefault(text, len(self._texts))
