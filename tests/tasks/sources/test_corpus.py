"""Third-party conversation files load with the counts they are published with."""

import os
from pathlib import Path

import pytest

from tasks.sources.base import SourceError
from tests.tasks.sources.conftest import Loader

pytestmark = pytest.mark.corpus


@pytest.fixture
def corpus() -> Path:
    folder = os.environ.get("EVALFLOWS_TEST_CORPUS")
    if not folder:
        pytest.skip("EVALFLOWS_TEST_CORPUS names no folder with conversations/")
    return Path(folder) / "conversations"


@pytest.mark.parametrize(
    ("name", "threads", "messages", "columns"),
    [
        ("taskmaster4_coffee_first60.json", 60, 225, None),
        ("multidogo_airline_turn_dev.tsv", 240, 1966, None),
        ("multidogo_finance_sentence_dev.tsv", 237, 2080, None),
        ("banking77_test.csv", 3080, 3080, None),
        ("nlupp_banking_fold0.json", 104, 104, None),
        ("abcd_sample.json", 3, 72, None),
        ("abcd_sample.json", 3, 72, "thread_id=convo_id,messages=original,role.action=tool"),
    ],
)
def test_a_file_loads_whole(
    load: Loader, corpus: Path, name: str, threads: int, messages: int, columns: str | None
) -> None:
    loaded = load.read(corpus / name, columns=columns)
    assert (loaded.report.threads, loaded.report.messages, loaded.bad) == (threads, messages, [])
    assert loaded.report.duplicate_ids == 0


def test_actions_between_spoken_messages_are_the_tool_s(load: Loader, corpus: Path) -> None:
    roles = load.read(corpus / "abcd_sample.json").roles
    assert (roles.count("tool"), len(roles) - roles.count("tool")) == (9, 63)


@pytest.mark.parametrize(
    ("name", "intents"),
    [
        ("banking77_test.csv", 77),
        ("multidogo_airline_turn_dev.tsv", 11),  # published as 12: one cell holds two of them
        ("multidogo_finance_sentence_dev.tsv", 19),  # published as 22: three cells hold two
    ],
)
def test_intents_are_found_one_by_one(load: Loader, corpus: Path, name: str, intents: int) -> None:
    threads = load.read(corpus / name).threads
    found = {intent for thread in threads for message in thread.messages for intent in message.expected_intents}
    assert len(found) == intents


def test_cells_with_line_breaks_stay_whole(load: Loader, corpus: Path) -> None:
    threads = load.read(corpus / "banking77_test.csv").threads
    assert sum("\n" in message.text for thread in threads for message in thread.messages) == 3


def test_files_that_hold_no_conversation_are_refused(load: Loader, corpus: Path) -> None:
    for name in ("abcd_kb.json", "abcd_ontology.json"):
        with pytest.raises(SourceError, match="no column is known as the text of messages"):
            load.read(corpus / name)
