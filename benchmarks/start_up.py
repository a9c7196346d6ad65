"""Start-up: `evalflows run` of one thread by rules beside a bare Prefect script that runs one empty flow.

python -m benchmarks.start_up --rounds 7
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.workplace import workplace, write_source
from deployments.local.server import ensure_server
from storage.embedded import start_embedded

BARE = """
from prefect import flow

@flow
def empty():
    pass

empty()
"""


def seconds(command: list[str]) -> float:
    """How long a command takes, from start to exit."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


def main() -> None:
    """Run both in turn, database and server up, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, workplace() as settings:
        source, script = Path(folder) / "one.csv", Path(folder) / "bare.py"
        write_source(source, 1)
        script.write_text(BARE)
        start_embedded(settings)
        os.environ["PREFECT_API_URL"] = ensure_server(settings).api_url
        evalflows = str(Path(sys.executable).parent / "evalflows")
        ours = [evalflows, "run", "evaluate-threads", "--source", str(source)]
        bare = [sys.executable, str(script)]
        for command in (ours, bare):
            seconds(command)
        pairs = [(seconds(bare), seconds(ours)) for _ in range(rounds)]
    bare_times, our_times = zip(*pairs, strict=True)
    print("| | bare Prefect script s | evalflows run, one thread s | ratio |\n| --- | --- | --- | --- |")
    for name, pick in (("fastest", min), ("median", statistics.median)):
        plain, mine = pick(bare_times), pick(our_times)
        print(f"| {name} | {plain:.2f} | {mine:.2f} | {mine / plain:.2f} |")


if __name__ == "__main__":
    main()
