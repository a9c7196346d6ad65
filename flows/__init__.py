"""The flows, one per file. Prefect's ephemeral server and its statistics are off: a flow needs a real API."""

import os

from prefect.context import refresh_global_settings_context
from prefect.settings import get_current_settings

os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
if get_current_settings().server.ephemeral.enabled:  # the variable came too late for Prefect: it costs 50 ms to go back
    refresh_global_settings_context()
