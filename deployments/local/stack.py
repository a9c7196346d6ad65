"""Point this process at the local stack: a context manager for scripts and notebooks, a call for the command line."""

import os
from collections.abc import Generator
from contextlib import contextmanager

from deployments.local.server import api_url_from_prefect, ensure_server, server_status
from settings import Settings, get_settings

API_URL = "PREFECT_API_URL"


@contextmanager
def local_stack(settings: Settings | None = None) -> Generator[str]:
    """Flows called inside use the local database and Prefect server of this home, started when they are not there.

    Both stay for the next caller; the server ends by itself when idle, `evalflows down` stops both.

    Args:
        settings: Which home; the flows themselves read the settings of the process, which are also the default here.

    Yields:
        The URL of the Prefect API.
    """
    from prefect.settings import PREFECT_API_URL, temporary_settings

    settings = settings or get_settings()
    start_database(settings)
    before = os.environ.get(API_URL)
    url = ensure_server(settings).api_url
    _set_api(url)
    try:
        with temporary_settings({PREFECT_API_URL: url}):
            yield url
    finally:
        _set_api(before)


def use_api(settings: Settings | None = None) -> str:
    """The Prefect API of this process: the one Prefect's settings name, else the local server, started if need be."""
    if named := api_url_from_prefect():
        return named
    url = ensure_server(settings or get_settings()).api_url
    _set_api(url)
    return url


def use_live_api(settings: Settings) -> str | None:
    """As `use_api`, but starts nothing: None when Prefect's settings name no API and no local server runs."""
    if named := api_url_from_prefect():
        return named
    server = server_status(settings)
    if server is None:
        return None
    _set_api(server.api_url)
    return server.api_url


def start_database(settings: Settings) -> None:
    """Start the embedded Postgres, unless the settings name another or it is there already."""
    if settings.database_url is None:
        from storage.embedded import start_embedded

        start_embedded(settings)


def _set_api(url: str | None) -> None:
    """Tell Prefect in this process, all its threads, and the processes it starts."""
    from prefect.context import refresh_global_settings_context

    if url is None:
        os.environ.pop(API_URL, None)
    else:
        os.environ[API_URL] = url
    refresh_global_settings_context()
