"""All that a Prefect API needs to run evalflows: pool, queues, deployments, automations; safe to apply again."""

from collections.abc import Sequence
from pathlib import Path

from deployments.apply.errors import DeploymentError
from deployments.apply.pools import WORK_POOL, ensure_pool
from deployments.local.environment import PROJECT_ROOT
from settings import Settings, get_settings

__all__ = ["WORK_POOL", "DeploymentError", "apply"]


def apply(
    project: Path = PROJECT_ROOT,
    *,
    pool: str = WORK_POOL,
    pool_type: str = "process",
    settings: Settings | None = None,
) -> Sequence[str]:
    """Bring the Prefect API that this process uses up to date.

    What users change there stays: queues, which schedules and automations are switched on, and, until prefect.yaml or
    the code changes, the deployments.

    Args:
        project: The folder of prefect.yaml, or that of an installed evalflows.
        pool: The work pool all deployments go to; made where it is missing.
        pool_type: What a pool that is made is: `process`, `docker`, `kubernetes` or another that Prefect knows.
        settings: Who is alerted.

    Returns:
        Notes for the user, one line each.

    Raises:
        DeploymentError: prefect.yaml is missing or wrong, a block or pool type is unknown, or the API refused it.
    """
    from deployments.apply.automations import ensure_automations
    from deployments.apply.blocks import alert_blocks
    from deployments.apply.deploy import deploy

    settings = settings or get_settings()
    ensure_pool(pool, pool_type)
    deploy(project, pool)
    blocks = alert_blocks(settings)
    ensure_automations(blocks)
    return () if blocks else ("Nobody is alerted: set EVALFLOWS_ALERT_URL or EVALFLOWS_ALERT_BLOCK.",)
