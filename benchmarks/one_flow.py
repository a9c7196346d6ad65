"""One run of `evaluate-threads` in a process of its own: time and CPU of the evaluation phase, peak memory."""

import asyncio
import json
import sys
import time
from resource import RUSAGE_SELF, getrusage

import flows.evaluate_threads as module
from deployments.cli.execute import quiet_prefect
from tasks.run import OpenRun
from tasks.tolerance import Tolerance

PHASE: dict[str, float] = {}


def resident_mb(name: str = "VmRSS") -> float:
    """Resident memory of this process (VmRSS now, VmHWM at its highest), in MB."""
    with open("/proc/self/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith(name)).split()[1]) / 1024


def time_the_phase() -> None:
    """Put a clock around the evaluation phase of the flow."""
    gather = module.gather_batches

    async def timed(run: OpenRun, positions: range, threads: int, *, repeats: int, tolerance: Tolerance) -> None:
        before, started = getrusage(RUSAGE_SELF), time.perf_counter()
        await gather(run, positions, threads, repeats=repeats, tolerance=tolerance)
        after = getrusage(RUSAGE_SELF)
        PHASE["seconds"] = time.perf_counter() - started
        PHASE["cpu_seconds"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    module.gather_batches = timed


async def run(source: str, judge: str, concurrency: int, intents: str) -> str:
    """Warm up with one thread, then run the whole source; returns the run's id."""
    for limit in (1, 0):
        summary = await module.evaluate_threads(
            source=source,
            judge=judge,
            evaluators=["intent", "correctness", "efficiency"] if intents else ["correctness"],
            intents=intents,
            concurrency=concurrency,
            limit=limit,
        )
    assert summary.completed == summary.items, summary
    return str(summary.run_id)


def main(source: str, judge: str, concurrency: int, intents: str = "") -> None:
    """Run and print one JSON line."""
    quiet_prefect()
    time_the_phase()
    run_id = asyncio.run(run(source, judge, concurrency, intents))
    print(json.dumps({**PHASE, "run_id": run_id, "peak_mb": resident_mb("VmHWM")}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
