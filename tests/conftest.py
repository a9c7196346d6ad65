"""Fixtures of all tests: a real Postgres, a real Prefect server, a local model server. Long files run first."""

import gc

import pytest

gc.disable()  # what is imported stays: looking through it again and again takes half the time of collecting

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.prefect_server",
    "tests.fixtures.model_server",
    "tests.fixtures.aimock",
    "tests.fixtures.command",
    "tests.fixtures.browser",
]

LONG = ("crashes", "browser", "commands", "deployments", "hosting", "docs", "storage")
"""The folders whose files take longest, of some of which one test alone takes a minute."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files in the order of their folders, so that no worker is left with one of them when the others are done.

    Short files come in between: the long ones mostly wait, and the short ones have the cores meanwhile.
    """
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.split("::")[0], []).append(item)
    long = sorted((file for file in files if folder_of(file) in LONG), key=lambda file: LONG.index(folder_of(file)))
    short = [file for file in files if folder_of(file) not in LONG]
    each = -(-len(short) // max(1, len(long)))
    order = [name for n, file in enumerate(long) for name in (file, *short[n * each : (n + 1) * each])]
    items[:] = [item for file in (order or short) for item in files[file]]


def pytest_collection_finish() -> None:
    """From here on look through what tests make, and leave out what was imported."""
    gc.freeze()
    gc.enable()


def folder_of(file: str) -> str:
    """The folder below tests/ that a file lies in, or the file itself."""
    return file.split("/")[1]
