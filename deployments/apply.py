"""The work pool and every deployment of prefect.yaml, put into the Prefect API; safe to do again."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from deployments.local.environment import PROJECT_ROOT, with_project_root
from deployments.local.logs import last_error

WORK_POOL = "evalflows"


class DeploymentError(Exception):
    """The deployments could not be applied; the message holds what Prefect said."""


def apply(prefect_file: Path = PROJECT_ROOT / "prefect.yaml") -> None:
    """Create the work pool and all deployments on the API this process uses, or bring them up to date.

    Raises:
        DeploymentError: prefect.yaml is missing, wrong, or the API refused it.
    """
    if not prefect_file.is_file():
        raise DeploymentError(
            f"{str(prefect_file)!r} is missing: deployments are applied from a checkout of evalflows."
        )
    ensure_work_pool()
    command = ["-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", prefect_file.name]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=prefect_file.parent,
        env={**os.environ, "PYTHONPATH": with_project_root(os.environ.get("PYTHONPATH"))},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = f"{done.stdout}\n{done.stderr}"
        raise DeploymentError(f"{str(prefect_file)!r} could not be applied: {last_error(said) or said.strip()}")


def ensure_work_pool() -> None:
    """Create the process work pool `evalflows`, unless it exists."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    pool = WorkPoolCreate(name=WORK_POOL, type=ProcessWorker.type, base_job_template=template)
    with contextlib.suppress(ObjectAlreadyExists), get_client(sync_client=True) as client:
        client.create_work_pool(pool)
