"""Fixtures of the storage tests: servers that are not ours, over TCP with a password."""

from collections.abc import Iterator

import pytest

from tests.fixtures.external_postgres import ExternalPostgres, external_server, installations


@pytest.fixture(scope="session", params=installations())
def external_installation(request: pytest.FixtureRequest) -> Iterator[ExternalPostgres]:
    """A server of each installation of this machine, one after the other."""
    with external_server(request.param) as server:
        yield server


@pytest.fixture
def external(external_installation: ExternalPostgres) -> ExternalPostgres:
    """A server that has no roles of evalflows yet: those of the test before get other names."""
    external_installation.rename_roles()
    return external_installation
