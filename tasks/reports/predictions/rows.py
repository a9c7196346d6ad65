"""Predictions in the terminal: as rows of a table, and one sample across all steps with its differences."""

from collections.abc import Iterable, Mapping, Sequence

from rich.text import Text

from storage.records.prediction import Prediction
from tasks.reports.predictions.catalog import kind_of, written_of_one
from tasks.reports.predictions.differences import word_differences
from tasks.reports.words import visible

Row = Mapping[str, str]

STYLES = {"said": "green", "missing": "red strike"}
MARKS = {"said": ("{+", "+}"), "missing": ("[-", "-]")}


def prediction_row(row: Prediction) -> Row:
    """One prediction, its texts on one line."""
    return {
        "step": str(row.step),
        "epoch": "" if row.epoch is None else f"{row.epoch:.2f}",
        "sample": str(row.sample_index),
        "repeat": str(row.repeat),
        **{name: of_row(row, name) for name in ("exact_match", "chrf")},
        "ground truth": one_line(row.ground_truth or ""),
        "prediction": f"failed: {one_line(row.failure)}" if row.failure else one_line(row.prediction or ""),
    }


def of_row(row: Prediction, name: str) -> str:
    """A metric of the row; nothing where it has none."""
    value = row.metrics.get(name)
    return "" if value is None else written_of_one(name, value)


def one_line(text: str) -> str:
    """The text on one line, nothing in it for a terminal to obey."""
    return visible(" ".join(text.split()))


def sample_lines(rows: Sequence[Prediction]) -> Iterable[Text]:
    """One sample across all steps: prompt, ground truth, then each prediction with how it differs.

    Differences are from the ground truth; where there is none, from the same repeat at the step before.

    Args:
        rows: Of one sample, by step and repeat; at least one.
    """
    first = rows[0]
    yield labelled("prompt", first.prompt)
    yield labelled("ground truth", first.ground_truth if first.ground_truth is not None else "(none)")
    yield Text("")
    before = dict[int, str]()
    for row in rows:
        yield Text(heading_of(row), style="bold")
        other = first.ground_truth if first.ground_truth is not None else before.get(row.repeat)
        yield Text(f"failed: {one_line(row.failure)}", style="yellow") if row.failure else marked(row, other)
        if row.prediction is not None:
            before[row.repeat] = row.prediction


def labelled(label: str, text: str) -> Text:
    """A label and a text, lines kept."""
    return Text.assemble((f"{label}: ", "dim"), kept_lines(text))


def heading_of(row: Prediction) -> str:
    """`step 20, epoch 2.00: exact match no, chrf 45.1`."""
    epoch = "" if row.epoch is None else f", epoch {row.epoch:.2f}"
    repeat = f", repeat {row.repeat}" if row.repeat else ""
    figures = [
        f"{kind_of(name).title} {written_of_one(name, value)}"
        for name in ("exact_match", "chrf", "truth_loss")
        if (value := row.metrics.get(name)) is not None
    ]
    cut = ["cut off by the limit of tokens"] if row.truncated else []
    return f"step {row.step}{epoch}{repeat}" + (f": {', '.join([*figures, *cut])}" if figures or cut else "")


def marked(row: Prediction, other: str | None) -> Text:
    """The prediction with `{+what it adds+}` and `[-what it lacks-]`, coloured too where there are colours."""
    text = Text()
    spans = word_differences(other, row.prediction or "") if other is not None else []
    if other is None:
        text.append(kept_lines(row.prediction or ""))
    for kind, part in spans:
        left, right = MARKS.get(kind, ("", ""))
        blank = part[: len(part) - len(part.lstrip())]
        text.append(kept_lines(blank)).append(f"{left}{kept_lines(part.lstrip())}{right}", style=STYLES.get(kind))
    return text


def kept_lines(text: str) -> str:
    """The text with its line breaks, every other character spelt out that a terminal could obey."""
    return "\n".join(visible(line.replace("\t", "    ")) for line in text.splitlines()) + (
        "\n" if text.endswith("\n") else ""
    )
