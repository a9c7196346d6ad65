"""Each provider that calls an API, with the local server that speaks its protocol."""

from collections.abc import Iterator

import pytest

from tests.contracts.served import ANSWER, Served
from tests.servers.catalog import SERVERS, environment_of


@pytest.fixture(params=sorted(SERVERS))
def served(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Each server of the catalog; it answers ANSWER until a test says otherwise."""
    server = SERVERS[request.param]()
    server.behaviour = lambda number, body: server.completion(ANSWER, body)
    server.start()
    for name, value in environment_of(request.param, server).items():
        monkeypatch.setenv(name, value)
    yield Served(request.param, server)
    server.stop()
