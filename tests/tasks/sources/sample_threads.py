"""The sample threads, what is planted in them and the recorded verdicts, for the tests."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import tasks.sources
from storage.records import Thread
from tasks.sources.base import LoadReport
from tasks.sources.read import read_threads

SAMPLES = Path(tasks.sources.__file__).parent / "samples"
FILES = ("shop.csv", "bank.jsonl")
METHODS = ("intent", "correctness", "efficiency")


@cache
def load(file: str) -> dict[str, Thread]:
    threads = {
        thread.external_id: thread
        for thread in read_threads(str(SAMPLES / "threads" / file), strict=True, report=LoadReport())
    }
    assert len(threads) == {"shop.csv": 33, "bank.jsonl": 22}[file]
    return threads


@cache
def planted() -> dict[str, Any]:
    return yaml.safe_load((SAMPLES / "planted.yaml").read_text(encoding="utf-8"))


@cache
def recorded_answers() -> dict[tuple[str, str], dict[str, Any]]:
    lines = [json.loads(line) for line in (SAMPLES / "verdicts.jsonl").read_text(encoding="utf-8").splitlines()]
    answers = {(line["item"], line["method"]): line["answer"] for line in lines}
    assert len(answers) == len(lines)
    return answers


def all_threads() -> dict[str, Thread]:
    return load("shop.csv") | load("bank.jsonl")


def careful(thread_id: str) -> dict[str, Any]:
    """What a careful person says about a thread."""
    return next(threads[thread_id] for threads in planted()["verdicts"].values() if thread_id in threads)


def defective() -> set[str]:
    return {defect["thread_id"] for defect in planted()["planted"]}
