"""The flows, one per file. Prefect's ephemeral server is switched off: a flow needs a real API, or stops at once."""

import os

from prefect.context import refresh_global_settings_context

os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_ENABLED", "false")
refresh_global_settings_context()
