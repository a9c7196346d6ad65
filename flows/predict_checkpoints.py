"""The flow `predict-checkpoints`: what a model says at each checkpoint of a training, for the same fixed prompts."""

from pathlib import PurePath
from typing import Annotated

from prefect import flow
from prefect.context import FlowRunContext
from pydantic import Field

from tasks.ask import CallOptions
from tasks.checkpoints import Training, check_training, make_backend, open_predicting
from tasks.checkpoints_job import JobRequest, check_request, open_job
from tasks.mark import mark_cancelled, mark_crashed
from tasks.predict_all import predict_all
from tasks.predict_pairs import judge_pairs, versions_of
from tasks.predict_report import publish_predictions
from tasks.progress import report_progress
from tasks.reports.summary import RunSummary
from tasks.run import open_run


def name_run() -> str:
    """`outputs/shop-lora`: the folder's last two parts; what the run is called in Prefect and in lists."""
    context = FlowRunContext.get()
    parameters = (context.parameters if context else None) or {}
    return "/".join(PurePath(str(parameters.get("folder", ""))).parts[-2:])


@flow(
    name="predict-checkpoints",
    flow_run_name=name_run,
    log_prints=False,
    on_crashed=[mark_crashed],
    on_cancellation=[mark_cancelled],
)
async def predict_checkpoints(
    folder: str,
    data: str = "",
    job: str = "",
    user: str = "",
    variant: str = "default",
    base: str = "",
    device: str = "auto",
    server: str = "",
    server_model: str = "checkpoint-{step}",
    follow: bool = False,
    follow_idle_seconds: Annotated[int, Field(ge=1)] = 600,
    judge: str = "rules",
    samples: Annotated[int, Field(ge=0)] = 0,
    max_new_tokens: Annotated[int, Field(ge=0)] = 0,
    temperature: Annotated[float, Field(ge=0, le=2)] = 0,
    repeats: Annotated[int, Field(ge=0, le=100)] = 0,
    seed: Annotated[int, Field(ge=0)] = 0,
    batch_size: Annotated[int, Field(ge=0, le=1024)] = 0,
    app: str = "default",
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 20,
    budget_usd: Annotated[float, Field(ge=0)] = 0,
) -> RunSummary:
    """Answer the same prompts at each checkpoint of a training, after it or while it goes on.

    Args:
        folder: The output folder of the training, with its checkpoint-* folders (full models or PEFT adapters).
        data: The data set that prompts are drawn from; empty: that of the job.
        job: Id of the training job that the predictions belong to; empty: one is made, and named.
        user: Whose job it is; empty: JOB_USER_ID of the environment, else the user of the operating system.
        variant: Name of these prompts and settings within the job; others need another name.
        base: The base model of adapters, a folder or a name in the hub's local cache; empty: what they say themselves.
            Relative paths start where the run does.
        device: Where to compute: `auto` (a GPU where there is one), `cpu`, `cuda`, `cuda:1` ...
        server: Base URL of an OpenAI-compatible server (vLLM, as http://HOST:8000/v1) that answers in place of this
            process; empty: the weights are loaded here.
        server_model: The name under which the server serves a checkpoint; {step} becomes its step.
        follow: Watch the folder while the training goes on, and predict each checkpoint as it is there.
        follow_idle_seconds: A training that is followed counts as done when no checkpoint came for so long.
        judge: `rules`: no judge; `openai:MODEL` (or azure, gemini, anthropic, ollama, local) compares each prediction
            with the one at the previous checkpoint, in both orders.
        samples: How many prompts are drawn from the data; 0: as the job says.
        max_new_tokens: Most tokens of a prediction; 0: as the job says.
        temperature: Of the sampling, up to 2; 0: as the job says, greedy where it says nothing.
        repeats: How often each prompt is answered, which needs a temperature; 0: as the job says.
        seed: Of the draw of the prompts and of the sampling; 0: as the job says.
        batch_size: Prompts answered at once; 0: as the job says.
        app: What the model is for; runs are listed by it.
        concurrency: Most calls of the judge on the wire at once, 1 to 1000.
        budget_usd: Most money the judge may cost; 0: no limit.

    Returns:
        The summary of the run.
    """
    training = Training(
        folder=folder,
        base=base,
        device=device,
        server=server,
        server_model=server_model,
        variant=variant,
        follow=follow,
        follow_idle_seconds=follow_idle_seconds,
    )
    request = JobRequest(
        job=job,
        user=user,
        data=data,
        samples=samples,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        repeats=repeats,
        seed=seed,
        batch_size=batch_size,
    )
    check_request(request)
    check_training(training)
    backend = make_backend(training)
    calls = CallOptions(concurrency=concurrency, budget_usd=budget_usd)
    async with open_run(app=app, judge=judge, calls=calls, versions=versions_of(judge)) as run:
        setup = await open_job(run, request, folder, variant)
        async with open_predicting(run, training, setup, backend) as work:
            async with report_progress(run):
                await predict_all(work)
                if run.ask is not None:
                    await judge_pairs(run.id)
            return await publish_predictions(run.id)
