"""The digest of a night: put together from its rows, shown, sent, kept; it closes the night and its run."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from prefect.artifacts import acreate_markdown_artifact
from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.core import Block
from prefect.logging import get_run_logger

from storage.queries.nights import close_night, save_digest
from storage.queries.runs import close_run, find_run
from storage.records import RunStatus
from storage.records.night import NightStatus, NightSuite
from tasks.artifacts import show
from tasks.errors import RunFailed
from tasks.night_changes import link_to
from tasks.nightly.change import Outcome
from tasks.nightly.digest import Figure, NightDigest, SuiteDigest
from tasks.nightly.markdown import digest_markdown
from tasks.nights import OpenNight, spent_on
from tasks.reports.summary import RunSummary, Tokens

SENT = "sent"


async def publish_digest(night: OpenNight, rows: Sequence[NightSuite]) -> NightDigest:
    """Report the night and close it. What was reported in the same words before is not sent again.

    Raises:
        RunFailed: A suite failed; the digest is published all the same.
    """
    suites = tuple([await _suite(night, row) for row in rows])
    status: NightStatus = "succeeded" if all(suite.status == "succeeded" for suite in suites) else "failed"
    cost_usd, tokens = await spent_on(night, rows)
    said = {"status": status, "suites": suites, "cost_usd": cost_usd, "tokens": tokens}
    digest = night.digest.model_copy(update=said)
    page = digest_markdown(digest)
    await show(acreate_markdown_artifact(markdown=page, key=f"nightly-{night.plan.name}", description=digest.headline))
    if night.before is None or night.before.suites != digest.suites:
        digest = digest.model_copy(update={"sent": await send(night.plan.notify, digest, page)})
    error = failure_of(digest)
    await _close(night, digest, error)
    if error is not None:
        raise error
    return digest


async def _suite(night: OpenNight, row: NightSuite) -> SuiteDigest:
    """What there is to say of a suite."""
    outcome = Outcome.model_validate(row.comparison or {})
    run = None
    if row.run_id is not None:
        async with night.run.database.session() as session:
            run = await find_run(session, row.run_id)
    said: dict[str, Any] = run.summary or {} if run else {}
    figures: dict[str, dict[str, Any]] = said.get("metrics", {})
    return SuiteDigest(
        name=row.suite,
        app=row.app,
        kind=row.kind,
        status=row.status,
        error=row.error,
        run_id=row.run_id,
        link=link_to(row.run_id),
        items=(run.items or 0) if run else 0,
        unscored=said.get("unscored", {}),
        cost_usd=run.cost_usd if run else Decimal(0),
        tokens=run.tokens_in + run.tokens_out if run else 0,
        figures={
            name: Figure.model_validate({key: found[key] for key in Figure.model_fields})
            for name, found in figures.items()
        },
        compared_with=row.compared_with,
        compared_night=outcome.compared_night,
        changes=outcome.changes,
        notes=outcome.notes,
        command=outcome.command,
    )


async def send(blocks: Sequence[str], digest: NightDigest, page: str) -> dict[str, str]:
    """Send the digest through each notification block; what cannot be sent is logged and does not matter."""
    import prefect.blocks.notifications  # noqa: F401 so that Prefect knows its own blocks  # pyright: ignore

    sent: dict[str, str] = {}
    for name in blocks:
        try:
            block = await cast(Any, Block.aload(name))
            if not isinstance(block, NotificationBlock):
                raise TypeError(f"the block is a {type(block).__name__}, which cannot notify")
            with block.raise_on_failure():
                await cast(Any, block.notify)(page, digest.headline)
            sent[name] = SENT
        except Exception as error:  # noqa: BLE001 whatever a block raises, the night does not fail for it
            sent[name] = f"not sent: {type(error).__name__}"  # its message may hold the URL, which is a secret
            get_run_logger().warning("the digest was not sent to %s: %s", name, type(error).__name__)
    return sent


def failure_of(digest: NightDigest) -> RunFailed | None:
    """What the run of the night ends with where a suite failed; one the budget stopped is no failure."""
    if not digest.failed:
        return None
    why = "; ".join(f"{suite.name}: {suite.error}" for suite in digest.failed)
    return RunFailed(f"{digest.headline} ({why})")


async def _close(night: OpenNight, digest: NightDigest, error: RunFailed | None) -> None:
    ended: RunStatus = "failed" if error else "completed" if digest.status == "succeeded" else "completed_with_errors"
    summary = summary_of(digest, ended)
    figures = {
        "items": len(digest.suites),
        "completed": summary.completed,
        "cost_usd": digest.cost_usd,
        "summary": summary.model_dump(mode="json", by_alias=True),
    }
    async with night.run.database.transaction() as session:
        await save_digest(session, digest.plan, digest.night, digest.model_dump(mode="json"))
        await close_night(session, digest.plan, digest.night, digest.status)
        why = str(error) if error else None
        await close_run(session, night.run.id, ended, error_message=why, figures=figures)


def summary_of(digest: NightDigest, status: RunStatus) -> RunSummary:
    """The night as every run is summed up: its suites are its items, what stands out its notes."""
    notes = [f"{suite.name}: {note}" for suite in digest.suites for note in suite.notes]
    return RunSummary(
        run_id=digest.run_id,
        status=status,
        items=len(digest.suites),
        completed=digest.statuses.get("succeeded", 0),
        unscored={},
        tokens=Tokens(),
        cost_usd=digest.cost_usd,
        metrics={},
        counts={"suites": digest.statuses},
        evaluators={},
        worst_threads=(),
        notes=(digest.headline, *notes),
    )
