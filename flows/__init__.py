"""The flows, one per file. Prefect's ephemeral server and its statistics are off: a flow needs a real API."""

import os

from prefect.context import refresh_global_settings_context

os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
refresh_global_settings_context()
