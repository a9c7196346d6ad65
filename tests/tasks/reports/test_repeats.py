"""Which repeat a thread goes by, and that every report goes by it."""

from pathlib import Path
from typing import Any

import pytest

from storage.records import ThreadEvaluation
from tasks.reports.html import write_report
from tasks.reports.repeats import Reducer, chosen, chosen_repeats, reducer_of
from tasks.reports.thread import ReportThread
from tests.tasks.reports.sample_evaluations import evaluated
from tests.tasks.reports.sample_report import sample_run
from tests.tasks.reports.sample_threads import good_thread
from tests.tasks.reports.test_html_report import data_of

THREAD = good_thread(1).thread


def repeats_of(evaluator: str, *given: Any) -> list[ThreadEvaluation]:
    """A repeat for each: a verdict, a score, or None for one that is unscored."""
    fields: list[dict[str, Any]] = [
        {"reason": "infra"} if one is None else {"score": one} if isinstance(one, float) else {"verdict": one}
        for one in given
    ]
    return [evaluated(THREAD, evaluator, **more, repeat=number) for number, more in enumerate(fields)]


@pytest.mark.parametrize(
    ("given", "majority", "median", "worst"),
    [
        (("PASS",), 0, 0, 0),
        (("PASS", "HARD FAIL", "PASS"), 0, 0, 1),
        (("PASS", "CRITICAL", "HARD FAIL"), 1, 2, 1),
        (("PASS", "HARD FAIL"), 1, 1, 1),
        (("PASS", "PASS", "SOFT FAIL", "CRITICAL"), 0, 2, 3),
        (("PASS", "NOT APPLICABLE", "NOT APPLICABLE"), 1, 1, 0),
        ((None, "PASS", None), 1, 1, 1),
        ((None, None), 0, 0, 0),
        ((1.0, 0.5, 0.0, 0.5), 1, 1, 2),
        ((0.25, 0.75), 0, 0, 0),
    ],
)
def test_a_reducer_chooses_one_of_the_repeats(given: tuple[Any, ...], majority: int, median: int, worst: int) -> None:
    evaluator = "intent" if isinstance(given[0], float) else "correctness"
    repeats = repeats_of(evaluator, *given)
    assert chosen(repeats, "majority") is repeats[majority]
    assert chosen(repeats, "median") is repeats[median]
    assert chosen(repeats, "worst") is repeats[worst]


def test_each_evaluator_is_reduced_by_itself_whatever_the_order_of_rows() -> None:
    correctness = repeats_of("correctness", "PASS", "PASS", "CRITICAL")
    efficiency = repeats_of("efficiency", "BROKEN", "EFFICIENT", "BROKEN")
    found = chosen_repeats([*reversed(efficiency), *reversed(correctness)], "majority")
    assert found == {"correctness": correctness[0], "efficiency": efficiency[0]}


@pytest.mark.parametrize(("reducer", "success", "shown"), [("majority", True, 0), ("worst", False, 1)])
def test_the_page_shows_the_repeat_a_thread_goes_by_before_the_others(
    reducer: Reducer, success: bool, shown: int, tmp_path: Path
) -> None:
    rows = [*repeats_of("efficiency", "EFFICIENT", "BROKEN", "EFFICIENT"), *repeats_of("correctness", *["PASS"] * 3)]
    run = sample_run(params={"reducer": reducer})
    write_report(tmp_path / "r.html", run, {}, [ReportThread(thread=THREAD, evaluations=tuple(rows))], limit=1)
    (thread,) = data_of(tmp_path / "r.html")["threads"]
    assert thread["success"] is success
    efficiency = [e["repeat"] for e in thread["evaluations"] if e["evaluator"] == "efficiency"]
    assert efficiency[0] == shown
    assert sorted(efficiency) == [0, 1, 2]


def test_a_run_from_before_there_were_reducers_goes_by_the_majority() -> None:
    assert reducer_of(sample_run()) == "majority"
