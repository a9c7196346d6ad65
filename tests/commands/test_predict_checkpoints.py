"""`evalflows run predict-checkpoints`: every checkpoint is predicted once, whatever happens in between."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from settings import Settings
from tests.commands.conftest import CallCommand
from tests.fixtures.command import StartCommand
from tests.rows import rows
from tests.servers.local_openai import LocalOpenAI, completion, error
from tests.tasks.checkpoint_folders import long_ago, save_full, save_lora, with_state
from tests.tiny_model import save_adapter, save_random_model

FLOW = ("run", "predict-checkpoints")
SAMPLES, BATCH = 6, 2
STEPS = (10, 20)
PATIENCE_SECONDS = 120
ROWS = "SELECT * FROM training_predictions ORDER BY step, sample_index"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set of sums."""
    file = tmp_path / "sums.jsonl"
    turns = [(f"What is {n} + {n}?", str(2 * n)) for n in range(SAMPLES)]
    lines = [
        {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}
        for asked, answer in turns
    ]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return file


def of_user(settings: Settings, user: str, query: str) -> list[dict[str, Any]]:
    """What a query finds among a user's own rows."""
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        connection.execute("SELECT set_config('evalflows.user_id', %s, false)", (user,))
        return connection.cursor(row_factory=dict_row).execute(query.encode()).fetchall()


def save_trained(folder: Path, base: Path, *, seed: int) -> Path:
    """An adapter as a Trainer saves it, without a tokenizer of its own."""
    return with_state(save_adapter(folder, base, seed=seed), epoch=float(seed))


def test_adapters_are_predicted_once_each_and_a_broken_one_leaves_the_others(
    call_command: CallCommand, settings: Settings, data: Path, tmp_path: Path
) -> None:
    base = save_random_model(tmp_path / "base")
    out = tmp_path / "out"
    for step in (10, 20):
        save_trained(out / f"checkpoint-{step}", base, seed=step // 10)
    options = ("--folder", out, "--device", "cpu", "--user", "ann", "--json")
    first = call_command(*FLOW, *options, "--data", data, "--samples", "4", "--max-new-tokens", "6")
    assert first.code == 0, first.stderr
    told = first.json
    assert (told["status"], told["items"], told["completed"], told["unscored"]) == ("completed", 2, 2, {})
    assert told["counts"]["predictions"] == {"answered": 8, "failed": 0, "new": 8}
    assert set(told["metrics"]) == {"exact_match_at_10", "exact_match_at_20"}
    for of_threads in (("show", told["run_id"], "threads"), ("export", told["run_id"], "--html", tmp_path / "no.html")):
        refused = call_command("runs", *of_threads)
        assert refused.code == 2
        assert "has checkpoints, not threads" in refused.stderr

    long_ago(save_lora(out / "checkpoint-30", str(base)))
    job = told["run_id"]
    again = call_command(*FLOW, *options, "--job", job, "--follow", "--follow-idle-seconds", "1")
    assert again.code == 0, again.stderr
    assert again.json["status"] == "completed_with_errors"
    assert again.json["counts"]["predictions"] == {"answered": 8, "failed": 4, "new": 0}
    assert again.json["counts"]["checkpoints"] == {"predicted": 2, "incomplete": 1}
    assert again.json["unscored"] == {"target_failed": 4}

    found = of_user(settings, "ann", ROWS)
    assert [(row["step"], row["sample_index"]) for row in found] == [(s, n) for s in (10, 20) for n in range(4)]
    assert {(row["epoch"], row["generation"]["backend"]) for row in found} == {
        (1.0, "transformers on cpu"),
        (2.0, "transformers on cpu"),
    }
    assert len({row["adapter_hash"] for row in found}) == 2
    assert {row["base_revision"] for row in found} == {str(base)}
    notes = rows(settings, "SELECT summary FROM eval_runs WHERE id = %s", UUID(again.json["run_id"]))[0]["summary"]
    assert any("checkpoint-30: " in note for note in notes["notes"])
    assert any("no new checkpoint came for 1 s" in note for note in notes["notes"])

    changed = call_command(*FLOW, *options, "--job", job, "--max-new-tokens", "7")
    assert (changed.code, "max_new_tokens was 6 and is 7" in changed.stderr) == (2, True)
    assert "--variant" in changed.stderr


def answer_as_served(number: int, body: dict[str, Any]) -> Any:
    """Models in training: the later one is right, except about the first sum; neither knows the last."""
    if "response_format" in body:
        return None
    asked, model = body["messages"][-1]["content"], body["model"]
    if "5 + 5" in asked:
        return completion("no idea", model)
    return completion("right" if model == "shop-20" else "wrong", model)


def judge_pair(title: str, prompt: str) -> dict[str, Any]:
    """A judge that likes what is right, but goes by the place where the prompt is about 0."""
    assert title == "PairAnswer"
    first = prompt.split("<<<BEGIN ANSWER FIRST")[1].split("<<<END")[0]
    return {"reason": "So.", "winner": "first" if "0 + 0" in prompt or "right" in first else "second"}


def test_a_killed_run_on_a_server_goes_on_without_duplicates_and_its_pairs_are_judged(
    call_command: CallCommand,
    start_command: StartCommand,
    model_server: LocalOpenAI,
    settings: Settings,
    data: Path,
    tmp_path: Path,
) -> None:
    for step in STEPS:
        save_full(tmp_path / "out" / f"checkpoint-{step}")
    model_server.behaviour, model_server.answer, model_server.latency_seconds = answer_as_served, judge_pair, 1.0
    process = start_command(
        *FLOW, "--folder", "out", "--data", data, "--user", "ann", "--samples", str(SAMPLES),
        "--batch-size", str(BATCH),
        "--server", model_server.root_url, "--server-model", "shop-{step}", "--judge", "openai:anything", "--json",
    )  # fmt: skip
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(before := of_user(settings, "ann", ROWS)) < 2 * BATCH and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    asked_before = model_server.calls
    (killed,) = rows(settings, "SELECT id FROM eval_runs")
    model_server.latency_seconds = 0

    done = call_command(*FLOW, "--resume", str(killed["id"]), "--json")

    assert (done.code, done.json["status"]) == (0, "completed"), done.stderr
    found = of_user(settings, "ann", ROWS)
    assert [(row["step"], row["sample_index"]) for row in found] == [(s, n) for s in STEPS for n in range(SAMPLES)]
    assert [row for row in found if row in before] == before
    assert {row["job_id"] for row in found} == {killed["id"]}
    assert asked_before < len(found)
    assert done.json["counts"]["against_previous"] == {"better": 4, "same": 2, "worse": 0}
    assert done.json["counts"]["judge_orders"] == {"inconsistent": 1}
    better = done.json["metrics"]["better_at_20"]
    assert (better["value"], better["n"]) == (4 / 6, SAMPLES)
    assert better["low"] < better["value"] < better["high"]
    judged = model_server.calls
    assert judged - asked_before >= 2 * (SAMPLES - 1)

    again = call_command(
        *FLOW, "--folder", "out", "--job", str(killed["id"]), "--user", "ann", "--server", model_server.root_url,
        "--server-model", "shop-{step}", "--judge", "openai:anything", "--json",
    )  # fmt: skip
    assert again.json["counts"] == {
        **done.json["counts"],
        "predictions": {"answered": 2 * SAMPLES, "failed": 0, "new": 0},
    }
    assert model_server.calls == judged


def test_a_judge_or_server_that_refuses_leaves_what_there_is_and_says_so(
    call_command: CallCommand, model_server: LocalOpenAI, settings: Settings, data: Path, tmp_path: Path
) -> None:
    for step in STEPS:
        save_full(tmp_path / "out" / f"checkpoint-{step}")
    model_server.behaviour = lambda number, body: error(404, "model_not_found", "no such model")
    options = ("--folder", "out", "--user", "ann", "--server", model_server.root_url, "--json")
    failed = call_command(*FLOW, *options, "--data", data)
    assert (failed.code, failed.json["status"], failed.json["completed"]) == (1, "failed", 0)
    assert "does not serve 'checkpoint-10'" in failed.stderr

    options = (*options, "--job", failed.json["run_id"], "--server-model", "shop-{step}")
    model_server.behaviour = lambda number, body: error(400, "invalid_request_error", "too long")
    silent = call_command(*FLOW, *options)
    assert (silent.code, silent.json["status"], silent.json["unscored"]) == (1, "failed", {"target_failed": 10})
    assert "too long" in silent.stderr
    assert all("too long" in row["failure"] for row in of_user(settings, "ann", ROWS))

    model_server.behaviour = lambda number, body: (
        error(400, "invalid_request_error", "no") if "response_format" in body else answer_as_served(number, body)
    )
    judged = call_command(*FLOW, *options, "--judge", "openai:anything")
    assert (judged.code, judged.json["status"]) == (0, "completed_with_errors"), judged.stderr
    assert all(row["failure"] is None for row in of_user(settings, "ann", ROWS))
    reasons = of_user(settings, "ann", "SELECT verdict, reason FROM training_pairwise")
    unscored = [row for row in reasons if row["verdict"] is None]
    assert judged.json["unscored"] == {"judge_failed": len(unscored)}
    assert all(row["reason"].startswith("judge_failed: ") for row in unscored)


def test_what_cannot_be_predicted_is_refused_with_one_line(
    call_command: CallCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_full(tmp_path / "out" / "checkpoint-10")
    monkeypatch.delenv("PREDICTIONS_ENABLED", raising=False)
    server = ("--server", "http://127.0.0.1:9/v1")
    for options, line in (
        (("--folder", "out", *server), "--data is missing"),
        (("--folder", "away", *server, "--data", data), "is not a folder"),
        (("--folder", "out", "--server", "here", "--data", data), "is no http or https URL"),
        (("--folder", "out", "--server", "http://a:b@host/v1", "--data", data), "VLLM_API_KEY"),
        (("--folder", "out", *server, "--job", "seven"), "is not the id of a job"),
        (("--folder", "out", *server, "--job", str(uuid4())), "has no job"),
        (("--folder", "out", "--device", "cuda:99", "--data", data), "device 'cuda:99' cannot be used"),
    ):
        refused = call_command(*FLOW, *options)
        assert (refused.code, line in refused.stderr, refused.stderr.count("\n")) == (2, True, 1), refused.stderr
    (folder / "adapter_config.json").write_text("{}")
    ambiguous = call_command(*FLOW, "--folder", "out", *server, "--data", data)
    assert (ambiguous.code, "holds a model and an adapter" in ambiguous.stderr) == (2, True)
