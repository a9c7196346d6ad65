"""`evalflows predictions show`: one page of a training's predictions."""

from cyclopts.types import NonNegativeInt

from deployments.cli.console import make_console, print_json
from deployments.cli.exits import DONE
from deployments.cli.session import with_database
from deployments.cli.tables import print_table
from settings import get_prediction_settings
from storage.database import Database
from storage.queries.page import Page
from storage.queries.predictions import list_predictions
from storage.records.prediction import DEFAULT_VARIANT, Prediction
from tasks.predictions.whose import job_id_of, user_of
from tasks.reports.predictions.rows import prediction_row
from tasks.training_steps import require_job

COLUMNS = ("step", "epoch", "sample", "repeat", "exact_match", "chrf", "ground truth", "prediction")
SPARE = ("repeat", "epoch", "ground truth", "chrf")
NUMBERS = ("step", "epoch", "sample", "repeat", "chrf")
TRUTH_CHARACTERS = 40


def show(
    job: str,
    /,
    *,
    epoch: NonNegativeInt | None = None,
    step: NonNegativeInt | None = None,
    sample: NonNegativeInt | None = None,
    limit: NonNegativeInt | None = None,
    offset: NonNegativeInt = 0,
    user: str = "",
    variant: str = DEFAULT_VARIANT,
    json: bool = False,
) -> int:
    """Show one page of predictions, by step and sample.

    Args:
        job: The job, as `evalflows jobs list` names it.
        epoch: Only steps in this epoch, its end included, as `predictions epochs` counts them.
        step: Only this step of the training.
        sample: Only this sample.
        limit: Most rows [default: PREDICTIONS_API_DEFAULT_LIMIT, 50]; 0 means all.
        offset: Rows to skip.
        user: Whose job it is [default: JOB_USER_ID, else who you are on this machine].
        variant: Which variant of the job's prompts and settings.
        json: Print whole rows, one JSON object a line.
    """
    wanted, whose = job_id_of(job), user_of(user)
    most = get_prediction_settings().api_default_limit if limit is None else limit

    async def read(database: Database) -> Page[Prediction]:
        async with database.session() as session:
            await require_job(session, whose, wanted, variant)
            return await list_predictions(
                session,
                wanted,
                variant=variant,
                epoch=epoch,
                step=step,
                sample_index=sample,
                limit=most,
                offset=offset,
            )

    page = with_database(read)
    if json:
        print_json(page.items)
    else:
        print_page(page)
    return DONE


def print_page(page: Page[Prediction]) -> None:
    """Print the page, and where the next one starts."""
    console = make_console()
    rows = [dict(prediction_row(row)) for row in page.items]
    for row in rows:
        truth = row["ground truth"]
        row["ground truth"] = truth if len(truth) <= TRUTH_CHARACTERS else f"{truth[: TRUTH_CHARACTERS - 3]}..."
    if rows:
        print_table(console, rows, COLUMNS, spare=SPARE, numbers=NUMBERS, stretch="prediction")
    last = page.offset + len(page.items)
    more = f"; --offset {last} for more" if last < page.total else ""
    console.print(f"{page.offset + 1} to {last} of {page.total}{more}" if rows else f"none (of {page.total})")
