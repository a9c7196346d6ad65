"""The embedded Postgres: a server of our own under EVALFLOWS_HOME, shared by processes, reached by a socket only."""

from storage.embedded.server import (
    EmbeddedServer,
    EmbeddedStatus,
    embedded_status,
    revive_embedded,
    start_embedded,
    stop_embedded,
)

__all__ = [
    "EmbeddedServer",
    "EmbeddedStatus",
    "embedded_status",
    "revive_embedded",
    "start_embedded",
    "stop_embedded",
]
