"""Fixtures of all tests: a real Postgres, a real Prefect server, a local model server."""

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.prefect_server",
    "tests.fixtures.model_server",
    "tests.fixtures.aimock",
    "tests.fixtures.command",
    "tests.fixtures.browser",
]
