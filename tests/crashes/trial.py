"""One trial: a run, struck at an instant, looked at, resumed where it has to be, and compared."""

import random
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from tests.crashes.faults.base import Fault
from tests.crashes.faults.processes import pid_of_worker
from tests.crashes.finding import Finding
from tests.crashes.setting import runs_of_worker, start_up
from tests.crashes.stage import FINAL, LOG, PATIENCE_SECONDS, Row, Stage, outcome_of, wait_for

UNITS = """
    SELECT thread_id, evaluator, repeat, verdict, score, reason, result FROM thread_evaluations
    WHERE run_id = %s ORDER BY thread_id, evaluator, repeat
"""
SCORED = "SELECT * FROM thread_evaluations WHERE run_id = %s AND reason IS NULL"
ANSWERS = "SELECT request_hash, jsonb_array_length(attempts) AS tries FROM api_logs WHERE run_id = %s AND usable"
NEWEST = "SELECT id::text FROM eval_runs ORDER BY created_at DESC LIMIT 1"
SAME = {
    "completed": "Completed",
    "completed_with_errors": "Completed",
    "failed": "Failed",
    "crashed": "Crashed",
    "cancelled": "Cancelled",
}
MOST_RESUMES = 4
AWAY_SECONDS = (0.2, 2.0)
SETTLE_SECONDS = 90.0
HELD_SECONDS = 6.0
"""How long an answer takes while several faults are to meet one run."""


@dataclass(frozen=True)
class Undisturbed:
    """What a run comes to that nothing happens to.

    Attributes:
        units: Its rows.
        metrics: Its figures.
        seconds: From the moment its row was there to its end.
    """

    units: list[Row]
    metrics: object
    seconds: float


class Trial:
    """One run of a stage under one fault, or under several one after another."""

    def __init__(
        self, stage: Stage, faults: Sequence[Fault], undisturbed: Undisturbed, instants: random.Random
    ) -> None:
        """Nothing has begun.

        Args:
            stage: Where.
            faults: What happens to the run, in order; all of one host.
            undisturbed: What the run must come to.
            instants: When it happens.
        """
        self._stage = stage
        self._faults = faults
        self._undisturbed = undisturbed
        self._instants = instants
        self._process: subprocess.Popen[str] | None = None
        self._scored: list[Row] = []
        self._answers: dict[str, int] = {}
        self.run_id = ""
        self.found = Finding(" and ".join(fault.name for fault in faults))

    def play(self) -> Finding:
        """Let it all happen."""
        began, by_worker = time.monotonic(), self._faults[0].host == "worker"
        if by_worker:
            start_up(self._stage)
        for fault in self._faults:
            fault.prepare(self._stage)
        self._stage.judge.answered = Counter()
        usual = self._stage.judge.latency_seconds
        self._stage.judge.latency_seconds = usual if len(self._faults) == 1 else HELD_SECONDS
        pid = self._begin_queued() if by_worker else self._begin()
        for fault in self._faults:
            pid = self._meet(fault, pid)
        self._stage.judge.latency_seconds = usual
        self._settle(pid)
        self.found.undisturbed = not self.found.resumes and self._stage.status_of(self.run_id) == "completed"
        self._go_on()
        self._compare()
        self.found.seconds = time.monotonic() - began
        return self.found

    def _begin(self) -> int:
        """Start the run and wait until its row is there; returns its process id."""
        before = self._stage.rows(NEWEST)
        self._process = self._stage.run_process()
        assert wait_for(lambda: self._stage.rows(NEWEST) != before), (self._stage.folder / LOG).read_text()
        self.run_id = self._stage.rows(NEWEST)[0]["id"]
        return self._process.pid

    def _begin_queued(self) -> int:
        """As `_begin`, by the worker."""
        self.run_id = self._stage.queue()
        return self._pid_at_worker()

    def _pid_at_worker(self) -> int:
        worker = pid_of_worker(self._stage)
        assert wait_for(lambda: self._stage.status_of(self.run_id) == "running")
        return runs_of_worker(worker)[-1].pid

    def _alive_again(self, pid: int) -> int:
        """The process id of the run, told to go on where the last fault has ended it."""
        if self._is_alive(pid):
            return pid
        self._settle(pid)
        if self._stage.status_of(self.run_id) == "completed":
            return pid
        self.found.resumes += 1
        if self._process is None:
            self._stage.retry(self.run_id)
            return self._pid_at_worker()
        self._process = self._stage.run_process(self.run_id)
        assert wait_for(lambda: self._stage.status_of(self.run_id) == "running")
        return self._process.pid

    def _meet(self, fault: Fault, pid: int) -> int:
        """Strike the run where it lives; one that ended before the instant came is told to go on, and struck then."""
        for _ in range(MOST_RESUMES):
            pid = self._alive_again(pid)
            if self._strike(fault, pid) or self._stage.status_of(self.run_id) == "completed":
                break
        return pid

    def _strike(self, fault: Fault, pid: int) -> bool:
        """Strike at a drawn instant; False when the run had ended by then."""
        time.sleep(self._instants.uniform(0, self._undisturbed.seconds))
        self._look()
        if not self._is_alive(pid):
            return False
        self.found.struck += 1
        fault.strike(self._stage, pid)
        time.sleep(self._instants.uniform(*AWAY_SECONDS))
        fault.mend(self._stage)
        return True

    def _is_alive(self, pid: int) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        try:
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def _look(self) -> None:
        """Hold what is committed by now against what was committed before."""
        scored = self._stage.rows(SCORED, self.run_id)
        answers = {row["request_hash"]: row["tries"] for row in self._stage.rows(ANSWERS, self.run_id)}
        keys = {(row["thread_id"], row["evaluator"], row["repeat"]) for row in scored}
        for row in self._scored:
            if (row["thread_id"], row["evaluator"], row["repeat"]) not in keys:
                self.found.rows_lost += 1
            elif row not in scored:
                self.found.rows_changed += 1
        self.found.rows_lost += len(self._answers.keys() - answers.keys())
        self.found.rows_changed += sum(answers.get(key, tries) != tries for key, tries in self._answers.items())
        self._scored, self._answers = scored, answers

    def _settle(self, pid: int) -> None:
        """Wait until the run's process has ended, and see that Postgres and Prefect say the same of it."""
        stage = self._stage
        if self._process is not None:
            self._process.communicate(timeout=PATIENCE_SECONDS)
        else:
            wait_for(lambda: stage.state_of(self.run_id) in FINAL, SETTLE_SECONDS / 3)
        self._look()
        if not self._agree():
            stage.command("runs", "list").communicate(timeout=PATIENCE_SECONDS)  # who looks sees what is so
        if not wait_for(self._agree, SETTLE_SECONDS):
            status, state = stage.status_of(self.run_id), stage.state_of(self.run_id)
            self.found.wrong_statuses.append(f"{status} in Postgres, {state} in Prefect")

    def _agree(self) -> bool:
        status = self._stage.status_of(self.run_id) or ""
        return SAME.get(status) == self._stage.state_of(self.run_id)

    def _go_on(self) -> None:
        """Resume until it is completed, as a user does."""
        stage = self._stage
        while stage.status_of(self.run_id) != "completed" and self.found.resumes < MOST_RESUMES:
            self.found.resumes += 1
            if self._process is None:
                stage.retry(self.run_id)
                wait_for(lambda: stage.state_of(self.run_id) in FINAL)
            else:
                outcome_of(stage.run_process(self.run_id))
            self._look()
        if stage.status_of(self.run_id) != "completed" or not wait_for(self._agree, SETTLE_SECONDS):
            status, state = stage.status_of(self.run_id), stage.state_of(self.run_id)
            self.found.wrong_statuses.append(f"{status} in Postgres, {state} in Prefect at the end")

    def _compare(self) -> None:
        """Hold the result against that of an undisturbed run, and count what was paid for twice."""
        units, run = self._stage.rows(UNITS, self.run_id), self._stage.run_of(self.run_id)
        self.found.rows_lost += len(self._undisturbed.units) - len(units)
        self.found.rows_changed += sum(row not in self._undisturbed.units for row in units)
        if metrics_of(run) != self._undisturbed.metrics:
            self.found.wrong_statuses.append("other figures than those of an undisturbed run")
        self.found.answered_twice = sum(times - 1 for times in self._stage.judge.answered.values())
        self.found.owned_up = run["calls_lost_at_most"]


def run_undisturbed(stage: Stage) -> Undisturbed:
    """A run that nothing happens to."""
    process = stage.run_process()
    begun = wait_for(lambda: process.poll() is not None or (has_tables(stage) and stage.rows(NEWEST)))
    assert begun, "the run does not begin"
    began = time.monotonic()
    outcome = outcome_of(process)
    assert outcome.get("status") == "completed", (outcome, (stage.folder / LOG).read_text())
    run = stage.run_of(outcome["run_id"])
    return Undisturbed(stage.rows(UNITS, outcome["run_id"]), metrics_of(run), time.monotonic() - began)


def metrics_of(run: Row) -> object:
    """The figures of a run; None where it has none yet."""
    summary: Row | None = run["summary"]
    return summary and summary["metrics"]


def has_tables(stage: Stage) -> bool:
    """Whether the database of the stage is migrated."""
    return stage.rows("SELECT to_regclass('eval_runs') AS there")[0]["there"] is not None
