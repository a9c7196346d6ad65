"""`evalflows predictions compare`: the steps of a training side by side, or one sample across all of them."""

from uuid import UUID

from cyclopts.types import NonNegativeInt
from rich.console import Console
from rich.text import Text

from deployments.cli.console import make_console, print_json
from deployments.cli.exits import DONE
from deployments.cli.session import with_database
from deployments.cli.tables import print_table
from storage.database import Database
from storage.queries.predictions import list_predictions
from storage.records.prediction import DEFAULT_VARIANT, Prediction
from tasks.errors import RunRefused
from tasks.predictions.whose import job_id_of, user_of
from tasks.reports.predictions.rows import sample_lines
from tasks.reports.predictions.summary import TrainingSummary
from tasks.reports.predictions.terminal import CHANGES, JUDGED, MEANINGS, change_rows, judge_rows, step_row
from tasks.reports.words import visible
from tasks.training_steps import require_job, summarise_job

COUNTS = ("step", "epoch", "rows", "failed")
SPARE = ("length", "refusal", "repetition", "epoch", "rouge_l", "truth_loss", "rows", "chrf")
MOST_CHANGES = 40
CHANGES_SPARE = ("since", "before", "after", "samples", "interval", "seen_from")


def compare(
    job: str,
    /,
    *,
    sample: NonNegativeInt | None = None,
    user: str = "",
    variant: str = DEFAULT_VARIANT,
    json: bool = False,
) -> int:
    """Compare the steps of a training: figures, changes with a test, flips; or one sample across all steps.

    Args:
        job: The job, as `evalflows jobs list` names it.
        sample: Show what the model said to this sample at each step, with the words that differ from the ground truth.
        user: Whose job it is [default: JOB_USER_ID, else who you are on this machine].
        variant: Which variant of the job's prompts and settings.
        json: Print JSON: one object, or with --sample one a prediction.
    """
    wanted, whose = job_id_of(job), user_of(user)
    if sample is not None:
        rows = with_database(lambda database: read_sample(database, whose, wanted, variant, sample))
        if json:
            print_json(rows)
        else:
            print_sample(rows, make_console())
        return DONE
    summary = with_database(lambda database: summarise_job(database, whose, wanted, variant))
    if json:
        print_json([summary])
    else:
        print_steps(summary, make_console())
    return DONE


async def read_sample(
    database: Database, user_id: str, job_id: UUID, variant: str, sample: int
) -> tuple[Prediction, ...]:
    """All predictions of one sample, by step and repeat.

    Raises:
        RunRefused: There is no such job or variant, or no prediction of this sample.
    """
    async with database.session() as session:
        await require_job(session, user_id, job_id, variant)
        page = await list_predictions(session, job_id, variant=variant, sample_index=sample, limit=0)
    if not page.items:
        raise RunRefused(
            f"job {job_id} has no prediction of sample {sample}: see 'evalflows predictions show {job_id}'"
        )
    return page.items


def print_sample(rows: tuple[Prediction, ...], console: Console) -> None:
    """Print one sample across all steps; differences are marked, not only coloured."""
    against = "the ground truth" if rows[0].ground_truth is not None else "the step before"
    console.print(Text(f"\n{{+said, not in {against}+}}  [-in {against}, not said-]\n", style="dim"))
    for line in sample_lines(rows):
        console.print(line)


def print_steps(summary: TrainingSummary, console: Console) -> None:
    """Print the figures of each step, then the changes that can be told from chance, and those of the last step."""
    if not summary.steps:
        console.print("no predictions yet")
        return
    console.print(Text(f"\n{visible(summary.name)} {summary.job_id}, variant {visible(summary.variant)}", style="bold"))
    rows = [step_row(step, summary.metrics) for step in summary.steps]
    columns = (*COUNTS, *summary.metrics, "flips")
    spare = [name for name in SPARE if name in columns]
    print_table(console, rows, columns, spare=spare, numbers=COUNTS)
    if changes := change_rows(summary):
        console.print(Text("\nChanges: all that are significant, and those of the last step", style="bold"))
        shown = changes[-MOST_CHANGES:]
        print_table(console, shown, CHANGES, spare=CHANGES_SPARE, numbers=("step", "since", "before", "after"))
        if len(changes) > len(shown):
            console.print(f"{len(changes) - len(shown)} earlier ones are not shown; --json has them")
    if verdicts := judge_rows(summary):
        console.print(Text("\nJudged, held against an earlier step", style="bold"))
        print_table(console, verdicts, JUDGED, numbers=[name for name in JUDGED if name != "judge"])
    console.print(Text("\n" + "\n".join(MEANINGS), style="dim"))
    for note in summary.notes:
        console.print(Text(f"\n{note}", style="yellow"))
