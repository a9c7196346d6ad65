"""Two runs compared: what differs is found and named, what does not is not, and what cannot be compared is refused."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from storage.database import Database
from storage.queries.figures import count_figures
from storage.records import Judge, Usage
from tasks.compare import compare_runs
from tasks.errors import RunRefused
from tasks.reports.comparison import CompareOptions, Comparison
from tasks.reports.summarise import summarise
from tests.storage.stored_runs import add_evaluations, add_run, add_threads, make_evaluation, make_thread
from tests.tasks.compared_runs import VERSIONS, add_ended_run, some_threads

UNPAIRED = CompareOptions(across_snapshots=True)
LOST = {f"t{number}": "HARD FAIL" for number in range(0, 600, 12)}


async def test_two_runs_that_say_the_same_show_no_difference(database: Database) -> None:
    threads = some_threads(40)
    verdicts = {"t3": "CRITICAL", "t5": "SOFT FAIL"}
    before, after = [await add_ended_run(database, threads, verdicts) for _ in range(2)]
    found = await compare_runs(database, before, after)
    assert (found.paired, found.clustered_by, found.app, found.flips) == (True, "thread", "shop", ())
    assert list(found.metrics) == [
        "success_rate", "correctness_pass", "correctness_below_hard_fail", "efficiency_without_friction",
        "intent_accuracy", "query_type_accuracy",
    ]  # fmt: skip
    for metric in found.metrics.values():
        assert (metric.difference, metric.p_corrected, metric.significant) == (0, 1, False)
        assert metric.low < 0 < metric.high
        assert (metric.flips_better, metric.flips_worse) == (0, 0)
    assert not found.regressions


async def test_a_planted_drop_is_found_and_its_threads_are_named(database: Database) -> None:
    """600 threads, of which 50 fail after and 20 of these failed before: 5 points."""
    threads = some_threads(600)
    before = await add_ended_run(database, threads, dict(list(LOST.items())[:20]))
    after = await add_ended_run(database, threads, {**LOST, "t0": "CRITICAL", "t599": "SOFT FAIL"})
    found = await compare_runs(database, before, after, CompareOptions(flips=0))
    success = found.metrics["success_rate"]
    assert success.difference == pytest.approx(-0.05)
    assert success.low < -0.05 < success.high < 0
    assert (success.flips_better, success.flips_worse, success.n_pairs) == (0, 30, 600)
    assert {metric.name for metric in found.regressions} == {
        "success_rate", "correctness_pass", "correctness_below_hard_fail",
    }  # fmt: skip
    named = [flip for flip in found.flips if flip.metric == "success_rate"]
    assert {flip.item for flip in named} == set(list(LOST)[20:])
    assert named[0].before == "PASS, EFFICIENT"
    assert named[0].after == "HARD FAIL, EFFICIENT"
    assert named[0].finding == f"{named[0].item} was told the wrong day."
    assert (found.flips[-1].item, found.flips[-1].after) == ("t599", "SOFT FAIL")
    assert len(found.flips) == found.flips_total == 91
    few = await compare_runs(database, before, after, CompareOptions(flips=5, metrics=("success_rate",)))
    assert (len(few.flips), few.flips_total, list(few.metrics)) == (5, 30, ["success_rate"])
    assert few.metrics["success_rate"].p_corrected < success.p_corrected
    back = await compare_runs(database, after, before)
    assert not back.regressions
    assert back.metrics["success_rate"].significant
    assert (back.flips[0].worse, back.flips[0].item) == (False, "t240")


async def test_shares_are_those_of_the_two_summaries(database: Database) -> None:
    """Repeats are reduced as the summary reduces them."""
    threads = some_threads(30, labelled_success=True)
    params = {"repeats": 3, "reducer": "worst"}
    runs = [await add_ended_run(database, threads, {"t1": "CRITICAL"}, params=params) for _ in range(2)]
    wrong = {"compared": 4, "correct": 1, "messages": [{"index": 0, "query_type_correct": False}]}
    for place in range(7):
        fields: dict[str, Any] = {"evaluator": "intent", "verdict": None, "score": 0.25, "result": wrong, "repeat": 1}
        await add_evaluations(database, make_evaluation(runs[1], f"t{place}", **fields))
        await add_evaluations(database, make_evaluation(runs[1], f"t{place + 9}", verdict="HARD FAIL", repeat=2))
    found = await compare_runs(database, runs[0], runs[1], CompareOptions(flips=0))
    for run_id, side in zip(runs, ("before", "after"), strict=True):
        async with database.session() as session:
            figures = await count_figures(session, run_id, list(VERSIONS), repeats=3)
        metrics = summarise(run_id, 30, figures, Usage(calls=0, tokens_in=0, tokens_out=0, cost_usd=None)).metrics
        assert {name: getattr(found.metrics[name], side) for name in metrics} == pytest.approx(
            {name: metric.value for name, metric in metrics.items()}
        )
    assert found.metrics["intent_accuracy"].after == pytest.approx((7 * 1 + 23 * 2) / (7 * 4 + 23 * 2))
    assert found.metrics["intent_accuracy"].n_after == 74
    assert next(flip for flip in found.flips if flip.metric == "intent_accuracy").before == "2 of 2"


async def test_what_is_unscored_in_one_run_is_left_out_and_counted(database: Database) -> None:
    threads = some_threads(20)
    before = await add_ended_run(database, threads)
    after = await add_ended_run(database, threads[:0], status="cancelled")
    await add_threads(database, threads, after)
    await add_evaluations(
        database,
        *(make_evaluation(after, f"t{number}") for number in range(10)),
        *(make_evaluation(after, f"t{number}", reason="infra") for number in range(10, 14)),
        *(make_evaluation(after, f"t{number}", reason="not_applicable") for number in range(14, 16)),
    )
    found = await compare_runs(database, before, after)
    passed = found.metrics["correctness_pass"]
    assert (passed.n_pairs, passed.unscored, passed.before, passed.after) == (10, 8, 1, 1)
    assert "success_rate" not in found.metrics
    assert any("ended as cancelled" in note for note in found.notes)
    assert any("8 items unscored" in note for note in found.notes)


async def test_users_with_several_threads_are_the_clusters(database: Database) -> None:
    threads = [make_thread(f"t{number}", user_id=f"user-{number % 30}") for number in range(90)]
    before = await add_ended_run(database, threads)
    after = await add_ended_run(database, threads, {"t1": "HARD FAIL", "t31": "HARD FAIL"})
    found = await compare_runs(database, before, after)
    success = found.metrics["success_rate"]
    assert (found.clustered_by, success.clusters, success.n_pairs, success.p_value) == ("user", 30, 90, 1)


async def test_runs_over_different_threads_are_compared_unpaired_where_that_is_wanted(database: Database) -> None:
    before = await add_ended_run(database, some_threads(200))
    other = [*some_threads(150), *(make_thread(f"t{number}", "Something else?", "No.") for number in range(150, 400))]
    after = await add_ended_run(database, other, LOST)
    with pytest.raises(RunRefused, match=r"share 150 items .* \(of 200 before and 400 after\).*--across-snapshots"):
        await compare_runs(database, before, after)
    found = await compare_runs(database, before, after, UNPAIRED)
    success = found.metrics["success_rate"]
    assert (found.paired, found.flips, success.n_pairs, success.flips_worse) == (False, (), None, None)
    assert (success.n_before, success.n_after, success.is_regression) == (200, 400, True)
    assert success.after == pytest.approx(1 - 34 / 400)
    assert any("unpaired" in note for note in found.notes)


Make = Callable[[Database], Awaitable[UUID]]


async def unknown(_: Database) -> UUID:
    return uuid4()


async def of_another_flow(database: Database) -> UUID:
    return await add_ended_run(database, some_threads(2), flow="nightly")


async def running(database: Database) -> UUID:
    return await add_ended_run(database, some_threads(2), status="running")


async def dry(database: Database) -> UUID:
    return await add_ended_run(database, some_threads(2), params={"dry_run": True})


async def never_loaded(database: Database) -> UUID:
    return await add_run(database)


async def of_another_judge(database: Database) -> UUID:
    return await add_ended_run(database, some_threads(2), judge=Judge.parse("openai:large"))


async def of_another_version(database: Database) -> UUID:
    return await add_ended_run(database, some_threads(2), versions={**VERSIONS, "intent": "2"})


async def reduced_otherwise(database: Database) -> UUID:
    return await add_ended_run(database, some_threads(2), params={"repeats": 3})


async def judged_for_something_else(database: Database) -> UUID:
    return await add_ended_run(database, some_threads(2), versions={"tone": "1"})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (unknown, "there is no run .* 'evalflows runs list'"),
        (of_another_flow, "is of evaluate-threads and run .* of nightly"),
        (running, "is still running: compare it when it has ended"),
        (dry, "was a dry run"),
        (never_loaded, "still running|ended before its items were loaded"),
        (of_another_judge, "the judge was rules, then openai:large.*--across-versions"),
        (of_another_version, "the version of intent was 1, then 2.*--across-versions"),
        (reduced_otherwise, "repeats was 1, then 3.*--across-versions"),
        (judged_for_something_else, "no metric was judged in both runs"),
    ],
)
async def test_what_cannot_be_compared_is_refused_in_one_line(make: Make, words: str, database: Database) -> None:
    before = await add_ended_run(database, some_threads(2))
    with pytest.raises(RunRefused, match=words) as refused:
        await compare_runs(database, before, await make(database))
    assert "\n" not in str(refused.value)


async def test_versions_may_differ_where_that_is_wanted_and_it_is_said(database: Database) -> None:
    runs = await add_ended_run(database, some_threads(9)), await of_another_judge_over(database, 9)
    found: Comparison = await compare_runs(database, *runs, CompareOptions(across_versions=True))
    assert found.metrics["success_rate"].difference == 0
    assert any("the judge was rules, then openai:large: what differs may be the judging" in n for n in found.notes)
    with pytest.raises(RunRefused, match="there is no metric 'speed'; there are success_rate"):
        await compare_runs(database, *runs, CompareOptions(across_versions=True, metrics=("speed",)))


async def of_another_judge_over(database: Database, n: int) -> UUID:
    return await add_ended_run(database, some_threads(n), judge=Judge.parse("openai:large"))
