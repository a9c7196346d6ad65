"""A metric over the steps of a training, as the points, bands and ticks of a drawing."""

from collections.abc import Sequence
from itertools import groupby
from math import floor, log10
from typing import NamedTuple

from tasks.reports.predictions.catalog import MetricKind, kind_of, moved, written
from tasks.reports.predictions.summary import StepFigure, TrainingSummary

WIDTH, HEIGHT = 440, 210
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 30
MOST_DOTS = 80
Y_TICKS, X_TICKS = 4, 5


class Tick(NamedTuple):
    """A labelled place on an axis, in pixels."""

    at: float
    label: str


class Dot(NamedTuple):
    """A step's value.

    Attributes:
        verdict: As a class of the drawing: `better`, `worse`, `changed`, or empty.
        reach: Top and bottom of what a share would be with the failed ones counted for and against; None without any.
        says: For the pointer, and for who cannot see it.
    """

    x: float
    y: float
    verdict: str
    reach: tuple[float, float] | None
    says: str


class Curve(NamedTuple):
    """One metric, ready to be drawn in WIDTH x HEIGHT pixels.

    Attributes:
        lines: Point lists of polylines; a step without a value breaks the line.
        bands: Point lists of polygons, of the 95 % intervals.
        dots: At each step; where there are many, only where the change is significant or something failed.
        rows: Step, epoch, value, interval, samples, change, verdict: the same as text.
    """

    name: str
    kind: MetricKind
    lines: list[str]
    bands: list[str]
    dots: list[Dot]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    says: str
    rows: list[tuple[str, ...]]


class Scale(NamedTuple):
    """From values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies, in pixels."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + share * (self.end - self.start), 1)


def curves(summary: TrainingSummary) -> list[Curve]:
    """One for each metric."""
    return [curve(name, summary) for name in summary.metrics]


def curve(name: str, summary: TrainingSummary) -> Curve:
    """One metric over the steps."""
    figures = [(step.step, step.figures[name]) for step in summary.steps]
    x = Scale(figures[0][0], figures[-1][0], LEFT, WIDTH - RIGHT)
    low, high, values = y_axis(kind_of(name), [figure for _, figure in figures])
    y = Scale(low, high, HEIGHT - BOTTOM, TOP)
    banded = [(step, figure.low, figure.high) for step, figure in figures]
    dots = [dot(name, step, figure, x, y) for step, figure in figures if figure.value is not None]
    few = len(dots) <= MOST_DOTS
    return Curve(
        name=name,
        kind=kind_of(name),
        lines=[
            " ".join(f"{x.at(step)},{y.at(figure.value or 0)}" for step, figure in run)
            for present, group in groupby(figures, lambda each: each[1].value is not None)
            if present and (run := list(group))
        ],
        bands=[band(list(group), x, y) for present, group in groupby(banded, lambda b: b[1] is not None) if present],
        dots=[each for each in dots if few or each.verdict or each.reach],
        x_ticks=[Tick(x.at(step), f"{step:,}") for step in evenly([step for step, _ in figures], X_TICKS)],
        y_ticks=[Tick(y.at(value), axis_label(kind_of(name), value)) for value in values],
        says=in_words(name, figures),
        rows=[text_row(name, step.step, step.epoch, step.figures[name]) for step in summary.steps],
    )


def dot(name: str, step: int, figure: StepFigure, x: Scale, y: Scale) -> Dot:
    """One step's value."""
    verdict = figure.change.verdict if figure.change else ""
    spread = figure.unscored and figure.best is not None and figure.worst is not None
    row = text_row(name, step, None, figure)
    return Dot(
        x=x.at(step),
        y=y.at(figure.value or 0),
        verdict="" if verdict == "not shown" else verdict,
        reach=(y.at(figure.best or 0), y.at(figure.worst or 0)) if spread else None,
        says=f"step {step}: {' '.join(part for part in (row[2], row[3] and f'({row[3]})', row[6]) if part)}",
    )


def band(points: Sequence[tuple[int, float | None, float | None]], x: Scale, y: Scale) -> str:
    """The polygon around the intervals of steps in a row."""
    lower = [f"{x.at(step)},{y.at(low or 0)}" for step, low, _ in points]
    upper = [f"{x.at(step)},{y.at(high or 0)}" for step, _, high in reversed(points)]
    return " ".join([*lower, *upper])


def y_axis(kind: MetricKind, figures: Sequence[StepFigure]) -> tuple[float, float, list[float]]:
    """The least and the greatest value drawn, and where the ticks are: all there can be, else what there is."""
    if kind.bounds:
        low, high = kind.bounds
        return low, high, [low + (high - low) * at / Y_TICKS for at in range(Y_TICKS + 1)]
    ends = [end for f in figures for end in (f.value, f.low, f.high) if end is not None] or [0.0, 1.0]
    low, high = min(0.0, *ends), max(ends)
    step = round_step((high - low or 1.0) / Y_TICKS)
    first, last = floor(low / step), -floor(-high / step)
    return first * step, max(last, first + 1) * step, [at * step for at in range(first, max(last, first + 1) + 1)]


def axis_label(kind: MetricKind, value: float) -> str:
    """A value on the axis."""
    return f"{100 * value:.0f} %" if kind.bounds == (0, 1) else f"{value:,.6g}"


def round_step(step: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 ... above."""
    power = 10 ** floor(log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * 0.999)


def evenly(steps: Sequence[int], most: int) -> list[int]:
    """At most so many of them, the first and the last among these."""
    if len(steps) <= most:
        return list(steps)
    return [steps[round(at * (len(steps) - 1) / (most - 1))] for at in range(most)]


def in_words(name: str, figures: Sequence[tuple[int, StepFigure]]) -> str:
    """`Exact match from 0 % at step 0 to 98 % at step 400`."""
    known = [(step, figure.value) for step, figure in figures if figure.value is not None]
    if not known:
        return f"{kind_of(name).title}: nothing was scored"
    (first, before), (last, after) = known[0], known[-1]
    return (
        f"{kind_of(name).title} from {written(name, before)} at step {first} to {written(name, after)} at step {last}"
    )


def text_row(name: str, step: int, epoch: float | None, figure: StepFigure) -> tuple[str, ...]:
    """Step, epoch, value, interval, samples, change, verdict."""
    ends = f"{written(name, figure.low)} to {written(name, figure.high)}" if figure.low is not None else ""
    failed = f" ({figure.unscored} failed)" if figure.unscored else ""
    change = figure.change
    return (
        f"{step:,}",
        "" if epoch is None else f"{epoch:.2f}",
        written(name, figure.value) or "not scored",
        ends,
        f"{figure.n}{failed}",
        moved(name, change.difference) if change else "",
        change.verdict if change else "",
    )
