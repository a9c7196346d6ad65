"""`prefect worker ...` with our process worker, which is in a file of its own: Prefect registers none of `__main__`."""

import sys

from prefect.cli import app

from deployments.process_worker import worker as worker

if __name__ == "__main__":
    sys.argv.insert(1, "worker")
    app()
