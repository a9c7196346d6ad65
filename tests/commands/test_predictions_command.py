"""`evalflows predictions`: what a user reads of a training, and what another user does not."""

import asyncio
import json
from pathlib import Path

import pytest

from deployments.cli.main import call
from settings import Settings
from storage.database import open_database
from storage.queries.jobs import acting_as, create_job
from storage.queries.predictions import save_predictions
from storage.records.prediction import Variant
from tasks.predictions.writing.open_spool import OpenSpool
from tests.tasks.reports.training_rows import JOB, JOB_ID, training_rows

STEPS = (0, 40, 80, 120, 160)
JOB_NAME = str(JOB_ID)


async def store_a_training() -> None:
    """Five steps of twelve samples, one of which failed."""
    database = await open_database()
    try:
        async with database.transaction() as session:
            await acting_as(session, JOB.user_id)
            await create_job(session, JOB)
            await save_predictions(session, training_rows(STEPS))
    finally:
        await database.close()


def test_a_training_is_read_by_its_user_only(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def printed(*arguments: str) -> str:
        capsys.readouterr()
        assert call(["predictions", *arguments]) == 0
        return capsys.readouterr().out

    asyncio.run(store_a_training())
    monkeypatch.setenv("JOB_USER_ID", "ada")

    counts = [json.loads(line) for line in printed("epochs", JOB_NAME, "--json").splitlines()]
    assert [(count["epoch"], count["last_step"], count["predictions"]) for count in counts] == [
        (epoch, epoch * 40, 12) for epoch in range(5)
    ]
    page = printed("show", JOB_NAME, "--epoch", "4", "--limit", "5", "--offset", "5")
    assert "Do you have a shop" not in page
    assert page.splitlines()[-1] == "6 to 10 of 12; --offset 10 for more"
    assert {line.split()[0] for line in page.splitlines()[1:-1]} == {"160"}
    assert "1 to 50 of 60; --offset 50 for more" in printed("show", JOB_NAME)

    steps = printed("compare", JOB_NAME)
    assert "1 prediction failed: not scored, which is not 0" in steps
    assert "better" in steps
    sample = printed("compare", JOB_NAME, "--sample", "3")
    assert "failed: OutOfMemoryError: the batch of this prompt" in sample
    assert "[-Order 1182 left-]" in sample
    assert "{+" in sample

    printed("export", JOB_NAME, "--html", str(tmp_path / "page.html"))
    assert "Shop answers, LoRA r=16" in (tmp_path / "page.html").read_text(encoding="utf-8")

    variant = Variant(job_id=JOB_ID, prompts_hash="p", settings_hash="s", settings={})
    spool = OpenSpool(tmp_path, "ada", variant, None)
    spool.append(training_rows((160, 200)))
    assert "12 loaded, 12 already there, 0 refused" in printed("load", str(spool.path))
    assert "0 loaded, 24 already there, 0 refused" in printed("load", str(spool.path))
    spool.close()

    capsys.readouterr()
    assert call(["predictions", "compare", JOB_NAME, "--user", "bob"]) == 2
    assert f"user 'bob' has no job {JOB_NAME}" in capsys.readouterr().err
    assert call(["predictions", "load", str(tmp_path / "none.jsonl")]) == 2
    assert "none.jsonl" in capsys.readouterr().err
