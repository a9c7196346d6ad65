"""Windows: every message is judged once, where most of its surroundings are shown, within the bounds."""

import pytest

from tasks.evaluators.asking.windows import Window, plan_windows
from tasks.evaluators.base import EvaluatorOptions

PLANS = [
    pytest.param([20] * 1500, EvaluatorOptions(), id="1500 short messages"),
    pytest.param([20] * 60, EvaluatorOptions(), id="just one window"),
    pytest.param([20] * 61, EvaluatorOptions(), id="one message more"),
    pytest.param([500] * 200, EvaluatorOptions(window_characters=2000), id="all as long as may be"),
    pytest.param([500, 10, 10, 500] * 40, EvaluatorOptions(window_characters=2000), id="long and short"),
    pytest.param([20] * 300, EvaluatorOptions(window_messages=4, window_overlap=50), id="overlap above the window"),
    pytest.param([20] * 300, EvaluatorOptions(window_messages=7, window_overlap=0), id="no overlap"),
    pytest.param([1], EvaluatorOptions(), id="one message"),
]


@pytest.mark.parametrize(("sizes", "options"), PLANS)
def test_every_message_is_judged_in_exactly_one_window(sizes: list[int], options: EvaluatorOptions) -> None:
    judged = [index for window in plan_windows(sizes, options) for index in window.judged]
    assert judged == list(range(len(sizes)))


@pytest.mark.parametrize(("sizes", "options"), PLANS)
def test_no_window_shows_more_than_its_bounds_allow(sizes: list[int], options: EvaluatorOptions) -> None:
    for window in plan_windows(sizes, options):
        shown = sizes[window.start : window.stop]
        assert len(shown) <= options.window_messages
        assert sum(shown) + len(shown) <= options.window_characters
        assert window.start <= window.first < window.last <= window.stop


@pytest.mark.parametrize(("sizes", "options"), PLANS)
def test_a_message_is_judged_where_its_nearer_edge_is_farthest(sizes: list[int], options: EvaluatorOptions) -> None:
    windows = plan_windows(sizes, options)

    def margin(index: int, window: Window) -> int:
        before = len(sizes) if window.start == 0 else index - window.start
        after = len(sizes) if window.stop == len(sizes) else window.stop - 1 - index
        return min(before, after)

    for window in windows:
        for index in window.judged:
            showing = [other for other in windows if other.start <= index < other.stop]
            best = max(margin(index, other) for other in showing[:2])
            assert margin(index, window) >= best - 1


def test_windows_overlap_by_what_the_options_say() -> None:
    first, second, third = plan_windows([20] * 150, EvaluatorOptions(window_messages=60, window_overlap=10))
    assert (first.stop, second.start, second.stop, third.start) == (60, 50, 110, 100)
    assert (first.judged, second.judged, third.judged) == (range(55), range(55, 105), range(105, 150))


def test_questions_about_later_windows_have_names_of_their_own() -> None:
    first, second = plan_windows([20] * 61, EvaluatorOptions())
    assert first.method("intent") == "intent"
    assert first.method("intent", "/missing") == "intent/missing"
    assert second.method("intent", "/missing") == "intent/window-2/missing"
