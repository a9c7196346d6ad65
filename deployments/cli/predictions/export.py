"""`evalflows predictions export`: the report of a training as one page."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from deployments.cli.exits import DONE
from deployments.cli.session import with_database
from storage.database import Database
from storage.queries.pairwise import list_verdicts
from storage.queries.predictions import list_steps
from storage.records.prediction import DEFAULT_VARIANT
from tasks.errors import RunRefused
from tasks.predictions.whose import job_id_of, user_of
from tasks.reports.predictions.scores import StepScores, scores_of
from tasks.reports.predictions.sheets import Sheets, shown_steps
from tasks.training_steps import read_steps, require_job


def export(job: str, /, *, html: Path, user: str = "", variant: str = DEFAULT_VARIANT) -> int:
    """Write the report of a training: curves, changes, and every sample across all steps, as one page.

    Args:
        job: The job, as `evalflows jobs list` names it.
        html: The file to write; a page that loads nothing from outside.
        user: Whose job it is [default: JOB_USER_ID, else who you are on this machine].
        variant: Which variant of the job's prompts and settings.
    """
    wanted, whose = job_id_of(job), user_of(user)
    said = with_database(lambda database: write_report(database, whose, wanted, variant, html))
    print(f"{html}: {said}", file=sys.stderr)
    return DONE


async def write_report(database: Database, user_id: str, job_id: UUID, variant: str, path: Path) -> str:
    """Write the page; returns what is in it.

    Raises:
        RunRefused: There is no such job or variant, it has no predictions, or the file cannot be written.
    """
    from tasks.reports.predictions.page import write_training_page
    from tasks.reports.predictions.summarise import summarise_training

    sheets, scores = Sheets(), list[StepScores]()
    async with database.session() as session:
        found = await require_job(session, user_id, job_id, variant)
        steps = await list_steps(session, job_id, variant)
        if not steps:
            raise RunRefused(f"job {job_id} has no predictions of variant {variant!r} yet")
        shown = shown_steps([step.step for step in steps], sum(step.predictions for step in steps))
        async for rows in read_steps(session, job_id, variant):
            scores.append(scores_of(rows[0].step, rows))
            if rows[0].step in shown:
                sheets.add(rows)
        verdicts = await list_verdicts(session, job_id, variant)
    summary = await asyncio.to_thread(summarise_training, found, variant, scores, verdicts)
    left_out = f"the samples at {len(shown)} of the {len(steps)} steps, evenly chosen"
    if len(shown) < len(steps):
        summary = summary.model_copy(update={"notes": (*summary.notes, f"Shown below are {left_out}.")})
    try:
        write_training_page(path, summary, sheets.data())
    except OSError as error:
        raise RunRefused(f"cannot write {path}: {error.strerror or error}") from error
    return f"{summary.samples} samples, {len(steps)} steps" + (f", {left_out}" if len(shown) < len(steps) else "")
