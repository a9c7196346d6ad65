"""Fixtures of all tests: a real Postgres, a real Prefect server, a local model server. Long files run first."""

import pytest

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
    """Long files first, so that no worker is left with one of them when the others are done."""
    places = {folder: place for place, folder in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.nodeid.split("/")[1], len(LONG)))
