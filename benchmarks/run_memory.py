"""Memory of a run: the highest resident memory of the process that evaluates 1,000 and 100,000 threads by a judge.

python -m benchmarks.run_memory --threads 1000 100000
"""

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.evaluate_speed import PORT, judge_server, measure
from benchmarks.workplace import workplace, write_source
from deployments.local.server import ensure_server

CONCURRENCY = 50


def main() -> None:
    """Run each size in a process of its own and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="*", default=[1000, 100_000])
    sizes = parser.parse_args().threads
    print("| threads | evaluation s | CPU ms/item | highest resident MB |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder, workplace() as settings, judge_server(0.02):
        os.environ["PREFECT_API_URL"] = ensure_server(settings).api_url
        os.environ["OPENAI_BASE_URL"] = f"http://127.0.0.1:{PORT}/v1"
        os.environ["OPENAI_API_KEY"] = "none"
        for threads in sizes:
            source = Path(folder) / f"{threads}.csv"
            write_source(source, threads)
            found = measure("benchmarks.one_flow", source, "openai:bench", CONCURRENCY)
            cpu = 1000 * found["cpu_seconds"] / threads
            print(f"| {threads:,} | {found['seconds']:.1f} | {cpu:.2f} | {found['peak_mb']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
