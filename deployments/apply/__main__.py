"""`python -m deployments.apply`: bring the Prefect API that PREFECT_API_URL names up to date."""

import argparse
import sys
from collections.abc import Sequence

import httpx
from dotenv import find_dotenv, load_dotenv

from deployments.apply import WORK_POOL, DeploymentError, apply
from settings import SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Apply; returns 0, or 2 after one line on standard error that says what to do."""
    from deployments.local.server import api_url_from_prefect

    parser = argparse.ArgumentParser(
        prog="python -m deployments.apply",
        description="Create or update work pool, queues, deployments and automations on the Prefect API in use.",
    )
    parser.add_argument("--pool", default=WORK_POOL, help="work pool of all deployments (default: %(default)s)")
    parser.add_argument("--type", default="process", help="type of a pool that is made (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    load_dotenv(find_dotenv(usecwd=True))
    api_url = api_url_from_prefect()
    if api_url is None:
        return _complain("no Prefect API is named: set PREFECT_API_URL, or use 'evalflows up' for a local one")
    try:
        notes = apply(pool=chosen.pool, pool_type=chosen.type)
    except (DeploymentError, SettingsError) as error:
        return _complain(str(error))
    except httpx.TransportError as error:
        return _complain(f"the Prefect API at {api_url} does not answer ({type(error).__name__})")
    print(*notes, f"{api_url} is up to date.", sep="\n")
    return 0


def _complain(text: str) -> int:
    print(text, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
