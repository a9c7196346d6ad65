"""The flow `create-job`: the form in which a training job is made, the same as `evalflows jobs create`."""

from typing import Annotated, Any, Literal

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger
from pydantic import Field

from storage.database import open_database
from tasks.artifacts import show
from tasks.job_config import read_job_config
from tasks.jobs import CheckedJob, check_job, configured, store_job

Frequency = Literal["default", "epoch", "steps", "eval", "save"]


def name_run() -> str:
    """`support bot of mara`: what the run is called in Prefect."""
    context = FlowRunContext.get()
    parameters = (context.parameters if context else None) or {}
    return f"{parameters.get('name', '')} of {parameters.get('user', '')}"


@flow(name="create-job", flow_run_name=name_run, log_prints=False)
async def create_job(
    user: str,
    name: str,
    data: str,
    enabled: bool = True,
    sample_count: Annotated[int, Field(ge=0)] = 0,
    sample_frequency: Frequency = "default",
    step_interval: Annotated[int, Field(ge=0)] = 0,
    config: str = "",
) -> str:
    """Make a training job: check its data and settings, say what its predictions will cost, store it.

    Args:
        user: Whose job it is; nobody else sees it or its predictions.
        name: What to call it.
        data: The data set trained on, a path on the worker's host; the samples are drawn from it.
        enabled: Whether predictions are made while it trains, where the settings (PREDICTIONS_ENABLED) have them on.
        sample_count: Samples predicted at each checkpoint; 0: the default of the settings.
        sample_frequency: When predictions are made.
        step_interval: Training steps from one prediction to the next, for the frequency steps; 0: the default.
        config: What else it is configured with, as JSON or the path of a YAML or JSON file; the fields above win.

    Returns:
        The job's id, for `evalflows jobs exec`.
    """
    fields: dict[str, Any] = {
        "enabled": None if enabled else False,
        "sample_count": sample_count or None,
        "sample_frequency": None if sample_frequency == "default" else sample_frequency,
        "step_interval": step_interval or None,
    }
    checked = check_job(user, name, data, configured(read_job_config(config), fields))
    database = await open_database()
    try:
        stored = await store_job(database, checked.job)
    finally:
        await database.close()
    for line in checked.lines():
        get_run_logger().info("%s", line)
    await show(acreate_markdown_artifact(told(checked), key="training-job", description=f"Job {stored.job_id}"))
    return str(stored.job_id)


def told(checked: CheckedJob) -> str:
    """What the job is, and how to train under it, in Markdown."""
    lines = "\n".join(f"- {line}" for line in checked.lines())
    job = checked.job
    command = f"evalflows jobs exec {job.job_id} --user {job.user_id} -- python train.py"
    return f"Job `{job.job_id}` of user `{job.user_id}`\n\n{lines}\n\nTrain under it:\n\n    {command}\n"
