"""What a training did to its predictions: figures, changes over the same samples, flips."""

from collections.abc import Mapping
from itertools import groupby
from typing import Literal, NamedTuple

import pytest

from storage.records.prediction import Prediction
from tasks.reports.predictions.artifact_rows import artifact_rows
from tasks.reports.predictions.differences import Span, word_differences
from tasks.reports.predictions.scores import scores_of
from tasks.reports.predictions.summarise import summarise_training
from tasks.reports.predictions.summary import TrainingSummary
from tests.tasks.reports.training_rows import JOB, JOB_ID, training_rows


def rows_at(step: int, exact: Mapping[int, list[float | None]], **metrics: float) -> list[Prediction]:
    """One row for each sample and repeat; None is one that failed."""
    return [
        Prediction(
            job_id=JOB_ID,
            step=step,
            sample_index=index,
            repeat=repeat,
            sample_id=str(index),
            prompt="?",
            ground_truth="yes",
            prediction=None if value is None else "yes",
            failure="no memory" if value is None else None,
            metrics={} if value is None else {"exact_match": value, **metrics},
            dtype="float32",
        )
        for index, repeats in exact.items()
        for repeat, value in enumerate(repeats)
    ]


def summary_of(rows: list[Prediction]) -> TrainingSummary:
    """The summary of rows, by step."""
    return summarise_training(JOB, "default", [scores_of(step, part) for step, part in groupby(rows, lambda r: r.step)])


def test_what_failed_is_unscored_and_a_change_is_over_the_samples_of_both() -> None:
    before = rows_at(10, {0: [0], 1: [0], 2: [1], 3: [None]})
    after = rows_at(20, {0: [1], 1: [0], 2: [0], 3: [1], 4: [1]})
    first, second = summary_of([*before, *after]).steps
    figure = first.figures["exact_match"]
    assert (figure.value, figure.n, figure.unscored) == (pytest.approx(1 / 3), 3, 1)
    assert (figure.worst, figure.best) == (1 / 4, 2 / 4)
    change = second.figures["exact_match"].change
    assert change is not None
    assert (change.since, change.pairs, change.difference, change.verdict) == (10, 3, 0, "not shown")
    assert (second.gained, second.lost) == ((0,), (2,))
    assert first.failed == 1


def test_repeats_of_a_sample_are_averaged() -> None:
    rows = [*rows_at(1, {i: [0, 0, 1] for i in range(8)}), *rows_at(2, {i: [1, 1, 0] for i in range(8)})]
    figure = summary_of(rows).steps[1].figures["exact_match"]
    assert (figure.n, figure.value) == (8, pytest.approx(2 / 3))
    assert figure.change is not None
    assert (figure.change.pairs, figure.change.verdict) == (8, "better")
    assert figure.change.p_value == pytest.approx(2 / 2**8)
    assert summary_of(rows).steps[1].gained == tuple(range(8))


def test_a_metric_that_should_fall_is_better_when_it_falls() -> None:
    rows = [row for step in (1, 2) for row in rows_at(step, {i: [0] for i in range(8)}, truth_loss=4 - step)]
    change = summary_of(rows).steps[1].figures["truth_loss"].change
    assert change is not None
    assert (change.difference, change.verdict) == (-1, "better")
    assert (change.low, change.smallest_seen) == (None, None)


def test_few_samples_say_that_nothing_could_be_seen() -> None:
    notes = summary_of([*rows_at(1, {i: [0] for i in range(5)}), *rows_at(2, {i: [1] for i in range(5)})]).notes
    assert "5 samples: too few for any change from one step to the next to be significant" in notes[0]
    assert "6 are needed" in notes[0]


def test_prefect_s_table_has_a_row_for_each_step() -> None:
    table = artifact_rows(summary_of(training_rows(range(0, 401, 200))))
    assert [row["step"] for row in table] == [0, 200, 400]
    assert table[0]["Exact match"] == "0 % (0-24)"
    assert table[2]["Loss of the ground truth"].endswith("+")


class Verdict(NamedTuple):
    """As a judge's verdict is stored."""

    sample_index: int
    verdict: Literal["better", "worse", "same"] | None
    step: int = 2
    previous_step: int = 1
    judge: str = "openai:gpt"


def test_verdicts_of_a_judge_are_counted_and_tested() -> None:
    rows = [*rows_at(1, {0: [0]}), *rows_at(2, {0: [0]})]
    scores = [scores_of(step, part) for step, part in groupby(rows, lambda r: r.step)]
    said = [Verdict(n, "better") for n in range(7)] + [Verdict(7, "worse"), Verdict(8, "same"), Verdict(9, None)]
    (count,) = summarise_training(JOB, "default", scores, said).steps[1].judged
    assert (count.since, count.better, count.worse, count.same, count.unscored) == (1, 7, 1, 1, 1)
    assert count.p_value == pytest.approx(0.0703125)  # binomtest(7, 8)


@pytest.mark.parametrize(
    ("other", "said", "expected"),
    [
        ("a b c", "a x c", [("same", "a"), ("missing", " b"), ("said", " x"), ("same", " c")]),
        ("a b", "a  b", [("same", "a  b")]),
        ("", "new", [("said", "new")]),
        ("\u6771\u4eac", "\u4eac", [("missing", "\u6771"), ("same", "\u4eac")]),
    ],
)
def test_differences_are_told_word_by_word(other: str, said: str, expected: list[tuple[str, str]]) -> None:
    found = [tuple(span) for span in word_differences(other, said)]
    assert found == expected


def test_very_long_texts_are_told_apart_by_their_ends() -> None:
    words = [f"w{n}" for n in range(5000)]
    other, said = " ".join(words), " ".join([*words[:10], "new", *words[11:]])
    assert Span("said", " new") in word_differences(other, said)
