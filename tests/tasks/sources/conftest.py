"""Reads what a test writes: `load("name.csv", text)` gives threads and the report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from storage.records import Thread
from tasks.sources.base import Columns, LoadReport, Selection
from tasks.sources.read import read_threads


@dataclass(frozen=True)
class Loaded:
    threads: list[Thread]
    report: LoadReport

    @property
    def ids(self) -> list[str]:
        return [thread.external_id for thread in self.threads]

    @property
    def texts(self) -> dict[str, list[str]]:
        return {thread.external_id: [message.text for message in thread.messages] for thread in self.threads}

    @property
    def roles(self) -> list[str]:
        return [message.role for thread in self.threads for message in thread.messages]

    @property
    def bad(self) -> list[str]:
        return [str(bad) for bad in self.report.first_bad_rows]


@dataclass(frozen=True)
class Loader:
    folder: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def read(
        self,
        source: str | Path,
        columns: str | None = None,
        strict: bool = False,
        thread_ids: tuple[str, ...] = (),
        limit: int = 0,
        sample: int = 0,
        seed: int = 0,
        since: datetime | None = None,
    ) -> Loaded:
        report = LoadReport()
        selection = Selection(thread_ids=thread_ids, limit=limit, sample=sample, seed=seed, since=since)
        named = Columns.parse(columns) if columns else None
        threads = read_threads(str(source), columns=named, selection=selection, strict=strict, report=report)
        return Loaded(list(threads), report)

    def __call__(self, name: str, content: str | bytes, columns: str | None = None, strict: bool = False) -> Loaded:
        return self.read(self.write(name, content), columns, strict)


Load = Callable[..., Loaded]


@pytest.fixture
def load(tmp_path: Path) -> Loader:
    return Loader(tmp_path)
