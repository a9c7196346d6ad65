"""Which samples are drawn: the same however the file is ordered."""

import random

from tasks.predictions.samples import Sample, choose_samples, prompts_hash


def samples(count: int) -> list[Sample]:
    return [Sample(ground_truth="yes" * number, text=f"question {number}") for number in range(1, count + 1)]


def test_the_order_of_the_file_and_repeated_rows_change_nothing() -> None:
    rows = samples(60)
    shuffled = [*rows, *rows[:20]]
    random.Random(1).shuffle(shuffled)
    for stratify in (False, True):
        assert choose_samples(shuffled, 10, 3, stratify) == choose_samples(rows, 10, 3, stratify)


def test_a_row_that_is_not_drawn_may_come_and_go() -> None:
    rows = samples(60)
    drawn = choose_samples(rows, 10, 3)
    fewer = [row for row in rows if row in drawn or row.text.endswith("1")]
    assert choose_samples(fewer, 10, 3) == drawn
    assert choose_samples(rows, 4, 3) == drawn[:4]


def test_another_seed_draws_others() -> None:
    assert prompts_hash(choose_samples(samples(60), 10, 3)) != prompts_hash(choose_samples(samples(60), 10, 4))


def test_a_prompt_is_asked_once_and_with_an_answer_where_there_is_one() -> None:
    rows = [Sample(text="q"), Sample(ground_truth="a", text="q"), Sample(ground_truth="b", text="q")]
    for seed in range(5):
        (drawn,) = choose_samples(rows, 5, seed)
        assert drawn.ground_truth in ("a", "b")


def test_stratified_all_lengths_are_drawn_alike() -> None:
    rows = samples(100)
    drawn = choose_samples(rows, 10, 0, stratify=True)
    lengths = sorted(len(str(row.ground_truth)) // 3 for row in drawn)
    assert [sum(start < length <= start + 20 for length in lengths) for start in range(0, 100, 20)] == [2] * 5


def test_fewer_samples_than_asked_for_are_all_of_them() -> None:
    assert len(choose_samples(samples(3), 10, 0, stratify=True)) == 3
    assert choose_samples([], 10, 0, stratify=True) == ()


def test_the_hash_of_prompts_follows_content_and_order() -> None:
    one, two = samples(2)
    assert prompts_hash([one, two]) != prompts_hash([two, one])
    assert prompts_hash([one]) != prompts_hash([Sample(ground_truth="no", text=one.text)])
    keys = Sample(({"role": "user", "content": "Hi"},)), Sample(({"content": "Hi", "role": "user"},))
    assert prompts_hash(keys[:1]) == prompts_hash(keys[1:])
