"""The report as a file: what it holds, in which order, and that it is whole or not there."""

import json
import re
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from storage.records import Message, Thread
from tasks.reports.html import write_report
from tasks.reports.thread import ReportThread
from tests.tasks.reports.sample_bad_thread import bad_thread
from tests.tasks.reports.sample_evaluations import evaluated
from tests.tasks.reports.sample_report import sample_run, sample_summary
from tests.tasks.reports.sample_threads import good_thread, sample_threads, unscored_thread

DATA = re.compile(rb'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def data_of(path: Path) -> dict[str, Any]:
    found = DATA.findall(path.read_bytes())
    assert len(found) == 1
    return json.loads(found[0])


def ids_of(path: Path) -> list[str]:
    return [thread["id"] for thread in data_of(path)["threads"]]


def test_the_report_holds_the_run_its_summary_and_its_threads(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "report.html"
    written = write_report(path, sample_run(), sample_summary(), sample_threads(12), limit=100)
    data = data_of(path)
    assert (written.path, written.shown, written.total) == (path, 12, 12)
    assert data["run"]["judge"] == "openai:judge-large"
    assert Decimal(data["run"]["cost_usd"]) == Decimal("0.4182")
    assert data["summary"] == sample_summary()
    assert len(data["threads"]) == data["total"] == 12


def test_threads_stand_worst_first_then_unscored_then_the_rest(tmp_path: Path) -> None:
    threads = [
        good_thread(1),
        unscored_thread(2),
        good_thread(3, "SOFT FAIL"),
        good_thread(4, "HARD FAIL"),
        bad_thread(),
        good_thread(5, "PASS", "BROKEN"),
    ]
    write_report(tmp_path / "r.html", sample_run(), {}, threads, limit=10)
    numbers = [int(name.removeprefix("parcel-")) for name in ids_of(tmp_path / "r.html")]
    assert numbers == [1, 4, 5, 2, 3, 1]


def test_only_the_worst_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    every, few = tmp_path / "every.html", tmp_path / "few.html"
    write_report(every, sample_run(), {}, sample_threads(200), limit=0)
    written = write_report(few, sample_run(), {}, sample_threads(200), limit=25)
    assert (written.shown, written.total) == (25, 200)
    assert ids_of(few) == ids_of(every)[:25]
    assert data_of(few)["total"] == 200


def test_the_order_does_not_depend_on_the_order_of_evaluations(tmp_path: Path) -> None:
    turned = [ReportThread(thread=t.thread, evaluations=t.evaluations[::-1]) for t in sample_threads(30)]
    write_report(tmp_path / "a.html", sample_run(), {}, sample_threads(30), limit=30)
    write_report(tmp_path / "b.html", sample_run(), {}, turned, limit=30)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_report_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, sample_run(), {}, sample_threads(3), limit=10)
    before = path.read_bytes()

    def broken() -> Iterator[ReportThread]:
        yield bad_thread()
        raise ConnectionError("the database went away")

    with pytest.raises(ConnectionError):
        write_report(path, sample_run(), {}, broken(), limit=10)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_path_that_is_a_folder_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_report(tmp_path / "taken", sample_run(), {}, sample_threads(3), limit=10)
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]


def test_memory_stays_flat_however_long_the_threads_are(tmp_path: Path) -> None:
    def long_threads() -> Iterator[ReportThread]:
        for number in range(400):
            text = f"{number} " * 4000
            messages = tuple(Message(role="user", text=text) for _ in range(10))
            thread = Thread(external_id=str(number), messages=messages)
            yield ReportThread(thread=thread, evaluations=(evaluated(thread, "efficiency", "BROKEN"),))

    tracemalloc.start()
    try:
        written = write_report(tmp_path / "r.html", sample_run(), {}, long_threads(), limit=2000)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert written.shown == 400
    assert written.path.stat().st_size > 40_000_000
    assert peak_bytes < 10_000_000


def test_numbers_that_json_does_not_know_do_not_break_the_page(tmp_path: Path) -> None:
    summary: dict[str, JsonValue] = {"metrics": {"odd": {"value": float("nan"), "n": 2**70}}}
    write_report(tmp_path / "r.html", sample_run(), summary, [], limit=1)
    assert data_of(tmp_path / "r.html")["summary"] == {"metrics": {"odd": {"value": None, "n": str(2**70)}}}
