"""What the worker of `evalflows up` is given: the suites of nights, queued runs, and one that is cancelled."""

import csv
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.local.server import server_status
from settings import Settings
from tests.fixtures.command import Finished, RunCommand, StartCommand
from tests.fixtures.stack import evalflows_up
from tests.servers.local_openai import LocalOpenAI
from tests.threads import write_threads
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(900)
FLOW = ("run", "evaluate-threads")
ENDED = ("Completed", "Failed", "Crashed")
OF_THREADS = {"flows": {"name": {"any_": ["evaluate-threads"]}}}
PATIENCE_SECONDS = 300
THREADS = 150
PLAN = """name: shop
time_zone: Europe/Berlin
notify: [custom-webhook/team, slack-webhook/missing]
regression: {metrics: [intent_accuracy], least_points: 10}
suites:
  - name: traffic
    app: shop
    kind: fresh
    parameters: {source: traffic.csv, evaluators: [intent]}
"""
SAVE_BLOCK = """
import sys
from prefect.blocks.notifications import CustomWebhookNotificationBlock as Webhook
Webhook(name="team", url=sys.argv[1], json_data={"subject": "{{subject}}", "body": "{{body}}"}).save("team")
"""


@pytest.fixture(scope="module")
def judge() -> Iterator[LocalOpenAI]:
    """Whom the worker's runs ask."""
    server = LocalOpenAI()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def up(judge: LocalOpenAI, prefect_tables: Path) -> Iterator[Settings]:
    """`evalflows up` in a home of its own, where the tests' commands work too."""
    keys = {"OPENAI_BASE_URL": judge.root_url, "OPENAI_API_KEY": "test-key-for-a-local-server"}
    with evalflows_up(prefect_tables, **keys) as settings, pytest.MonkeyPatch.context() as patch:
        for name, value in {**keys, "EVALFLOWS_HOME": str(settings.home)}.items():
            patch.setenv(name, value)
        yield settings


@pytest.fixture
def api(up: Settings) -> str:
    """The Prefect API there."""
    server = server_status(up)
    assert server is not None
    return server.api_url


@pytest.fixture
def notified(api: str) -> Iterator[list[dict[str, str]]]:
    """What is posted to the webhook of the block `custom-webhook/team`."""
    posted: list[dict[str, str]] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/team"
    subprocess.run([sys.executable, "-c", SAVE_BLOCK, url], env={**os.environ, "PREFECT_API_URL": api}, check=True)
    yield posted
    server.shutdown()
    thread.join()
    server.server_close()


def write_traffic(path: Path, day: str, wrong: int) -> None:
    """A day of threads, each of another user; the bot took `wrong` of them wrong."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(
            ("thread_id", "user_id", "query_text", "final_response_message", "intent_detected", "intent_expected")
        )
        for n in range(THREADS):
            detected = "refund" if n < wrong else "tracking"
            table.writerow((f"{day}-{n}", f"u{n}", "Where is my parcel?", "It comes on Monday.", detected, "tracking"))


def find(api: str, what: str, body: dict[str, Any]) -> Any:
    return httpx.post(f"{api}/{what}/filter", json=body).raise_for_status().json()


def test_a_failed_night_is_caught_up_and_a_fall_wakes_somebody_once(
    api: str, notified: list[dict[str, str]], start_command: StartCommand, run_command: RunCommand, tmp_path: Path
) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    earlier = find(api, "flow_runs", OF_THREADS)
    traffic = tmp_path / "traffic.csv"

    def night(date: str) -> Finished:
        process = start_command("run", "nightly", "--plan", "plan.yaml", "--night", date, "--json")
        stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
        return Finished(process.returncode, stdout, stderr)

    write_traffic(traffic, "monday", wrong=5)
    first = night("2026-03-02")
    assert (first.code, first.json["status"]) == (0, "completed"), first.stderr
    assert first.json["digest"]["sent"]["custom-webhook/team"] == "sent"
    assert first.json["digest"]["sent"]["slack-webhook/missing"].startswith("not sent")

    traffic.unlink()
    failed = night("2026-03-03")
    assert (failed.code, failed.json["status"], failed.json["digest"]["status"]) == (1, "failed", "failed")
    assert "traffic.csv" in failed.stderr
    child = failed.json["digest"]["suites"][0]["run_id"]

    write_traffic(traffic, "tuesday", wrong=45)
    caught = night("2026-03-05").json["digest"]
    assert [(one["night"], one["run_id"], one["status"]) for one in caught["caught_up"]] == [
        ("2026-03-03", child, "succeeded")
    ]
    assert caught["missed"] == ["2026-03-04"]
    assert (caught["suites"][0]["status"], caught["suites"][0]["items"]) == ("succeeded", 0)

    again = night("2026-03-05").json["digest"]
    assert [one["run_id"] for one in again["suites"]] == [one["run_id"] for one in caught["suites"]]
    runs = find(api, "flow_runs", OF_THREADS)
    assert len(runs) - len(earlier) == 3
    assert [post["subject"] for post in notified] == [
        "shop 2026-03-02: no regression",
        "shop 2026-03-03: 1 of 1 suites failed",
        "shop 2026-03-05: 1 regression",
    ]

    [event] = find(api, "events", {"filter": {"event": {"name": ["evalflows.run.regressed"]}}})["events"]
    told = event["payload"]
    before = first.json["digest"]["suites"][0]["run_id"]
    assert event["resource"]["prefect.resource.id"] == f"evalflows.run.{child}"
    assert (told["metric"], told["before"], told["after"]) == ("intent_accuracy", 145 / 150, 105 / 150)
    assert told["n"] == [THREADS, THREADS]
    assert told["interval"][0] < told["difference"] < told["interval"][1] < 0
    assert told["command"] == f"evalflows runs compare {before} {child} --across-snapshots"
    assert f"/runs/flow-run/{child}" in told["link"]
    compared = run_command(*told["command"].split()[1:])
    assert (compared.code, "intent" in compared.stdout.lower()) == (0, True), compared.stderr

    [digest] = find(api, "artifacts/latest", {"artifacts": {"key": {"any_": ["nightly-shop"]}}})
    assert "regression from 96.7 % to 70.0 % (-26.7 points" in digest["data"]


def state_of(api: str, run_id: str) -> str:
    """What Prefect says of a run."""
    return httpx.get(f"{api}/flow_runs/{run_id}").raise_for_status().json()["state"]["name"]


def test_the_worker_takes_queued_runs_and_a_cancel_reaches_it(
    api: str, judge: LocalOpenAI, run_command: RunCommand, tmp_path: Path
) -> None:
    write_threads(tmp_path / "few.csv", 4)
    options = ("--source", "few.csv", "--judge", "openai:anything", "--queue", "--json")
    whole = run_command(*FLOW, *options).json["run_id"]
    assert wait_until(lambda: state_of(api, whole) in ENDED, PATIENCE_SECONDS)
    shown = run_command("runs", "show", whole, "--json").json
    assert (state_of(api, whole), shown["status"], shown["completed"]) == ("Completed", "completed", 4)
    assert shown["params"]["source"] == str(tmp_path / "few.csv")

    judge.latency_seconds = 120
    before = judge.calls
    stopped = run_command(*FLOW, *options).json["run_id"]
    assert wait_until(lambda: judge.calls > before, PATIENCE_SECONDS)
    cancelled = run_command("runs", "cancel", stopped)
    assert (cancelled.code, f"--resume {stopped}" in cancelled.stdout) == (0, True), cancelled
    assert run_command("runs", "show", stopped, "--json").json["status"] == "cancelled"
    assert wait_until(lambda: state_of(api, stopped) == "Cancelled", PATIENCE_SECONDS)

    judge.latency_seconds = 0
    retry = [Path(sys.executable).parent / "prefect", "flow-run", "retry", stopped]
    subprocess.run(retry, env={**os.environ, "PREFECT_API_URL": api}, check=True, capture_output=True)
    assert wait_until(lambda: state_of(api, stopped) in ENDED, PATIENCE_SECONDS)
    retried = run_command("runs", "show", stopped, "--json").json
    assert (state_of(api, stopped), retried["status"], retried["completed"]) == ("Completed", "completed", 4)
