"""The sample threads load, and what is said about them is complete and true of them."""

from collections import Counter
from pathlib import Path

import pytest

from tasks.evaluators.base import WORST_FIRST
from tasks.evaluators.options.policy import read_policy
from tasks.evaluators.options.taxonomy import read_taxonomy
from tests.tasks.sources.sample_threads import FILES, SAMPLES, all_threads, careful, defective, load, planted

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "samples.md"


def test_the_shop_loads_as_turns_with_labels_and_its_own_success() -> None:
    threads = load("shop.csv").values()
    assert all(6 <= len(thread.messages) <= 16 for thread in threads)
    assert [message.role for message in load("shop.csv")["pp-1010"].messages] == ["user", "assistant"] * 3
    assert load("shop.csv")["pp-1010"].messages[3].text == ""
    asked = [message for thread in threads for message in thread.messages if message.role == "user"]
    assert all(message.recorded_intents and message.expected_intents for message in asked)
    assert all(message.recorded_query_type and message.expected_query_type for message in asked)
    assert sum(message.has_image for message in asked) == 4
    assert all(thread.labelled_success is careful(thread.external_id)["labelled_success"] for thread in threads)
    assert max(Counter(thread.user_id for thread in threads).values()) == 2


def test_the_bank_loads_as_records_with_tool_calls_and_typed_content() -> None:
    threads = load("bank.jsonl")
    assert {message.role for thread in threads.values() for message in thread.messages} == {
        "system",
        "user",
        "assistant",
        "tool",
    }
    assert threads["hb-202"].messages[1].tool_calls[0].name == "block_card"
    assert threads["hb-202"].messages[2].tool_call_id == threads["hb-202"].messages[1].tool_calls[0].id
    assert threads["hb-212"].messages[0].text == "Hi! What is this payment on my statement? I circled it"
    assert threads["hb-212"].messages[0].has_image
    assert threads["hb-213"].messages[0].recorded_intents == ("balance",)
    assert threads["hb-213"].messages[0].expected_intents == ()
    assert threads["hb-211"].messages[0].expected_intents == ("replace_card",)
    assert all(thread.user_id and thread.created_at for thread in threads.values())
    assert all(thread.labelled_success is careful(id_)["labelled_success"] for id_, thread in threads.items())


@pytest.mark.parametrize("file", FILES)
def test_the_taxonomy_holds_every_intent_and_the_policy_reads(file: str) -> None:
    bot = Path(file).stem
    names = {intent.name for intent in read_taxonomy(SAMPLES / f"{bot}_intents.yaml")}
    messages = [message for thread in load(file).values() for message in thread.messages]
    assert {
        intent for message in messages for intent in (*message.recorded_intents, *message.expected_intents)
    } == names
    assert 10 <= len(names) <= 14
    assert 6 <= len(read_policy(SAMPLES / f"{bot}_policy.yaml")) <= 10


def test_about_two_in_five_threads_are_defective_and_each_defect_names_a_real_message() -> None:
    threads = all_threads()
    assert len(defective()) == 23
    for defect in planted()["planted"]:
        assert defect["thread_id"] in load(defect["file"])
        role = threads[defect["thread_id"]].messages[int(defect["message_index"])].role
        asks = {"user_correction", "unanswered", "wrong_intent", "user_loop"}
        assert role == ("user" if defect["kind"] in asks else "assistant"), defect
        assert defect["found_by"] in ("rules", "judge")


def test_a_defect_has_the_effect_that_the_careful_verdicts_show() -> None:
    for defect in planted()["planted"]:
        verdict, index = careful(defect["thread_id"]), defect["message_index"]
        for quality, effect in defect["effect"].items():
            seen = {
                "correctness": verdict["correctness"].get(index),
                "efficiency": verdict["efficiency"],
                "intent": "wrong" if index in verdict["wrong_intents"] else "right",
            }
            assert seen[quality] == effect, defect


def test_every_thread_has_a_careful_verdict_that_is_consistent() -> None:
    assert {id_ for threads in planted()["verdicts"].values() for id_ in threads} == set(all_threads())
    for id_, thread in all_threads().items():
        verdict = careful(id_)
        replies = [index for index, message in enumerate(thread.messages) if message.role == "assistant"]
        assert list(verdict["correctness"]) == replies
        assert verdict["worst"] == min(verdict["correctness"].values(), key=WORST_FIRST.index)
        served = verdict["efficiency"] in ("EFFICIENT", "ACCEPTABLE", "FRICTION")
        assert verdict["success"] is (served and verdict["worst"] not in ("CRITICAL", "HARD FAIL"))
        if id_ not in defective():
            assert verdict["success"]
            assert verdict["worst"] == "PASS"
            assert not verdict["wrong_intents"]


def test_the_documentation_names_every_defect() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    for defect in planted()["planted"]:
        row = f"| {defect['thread_id']} | {defect['message_index']} | `{defect['kind']}` | {defect['found_by']} |"
        assert row in text
