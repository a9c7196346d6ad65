"""The crash matrix: every fault, again and again at random instants, and a table of what came of it.

python -m tests.crashes --times 20 [--fault NAME ...] [--seed 1]
"""

import argparse
import os
import random
import sys
import tempfile
import time

from tests.crashes.faults.catalog import FAULTS
from tests.crashes.finding import HEADER, Finding, row_of
from tests.crashes.setting import set_stage
from tests.crashes.stage import CONCURRENCY
from tests.crashes.trial import Trial, run_undisturbed


def play(names: list[str], times: int, seed: int) -> dict[str, list[Finding]]:
    """Play every fault so many times; stopped by Ctrl-C, what was played by then counts."""
    instants, findings = random.Random(seed), {name: list[Finding]() for name in names}
    with set_stage() as stage:
        undisturbed = run_undisturbed(stage)
        try:
            for name in names:
                for _ in range(times):
                    found = Trial(stage, [FAULTS[name]], undisturbed, instants).play()
                    findings[name].append(found)
                    wrong = "; ".join(found.faults_found(CONCURRENCY)) or "well"
                    said = (
                        f"{name}: {found.seconds:.0f} s, {found.resumes} resumes, {found.answered_twice} twice: {wrong}"
                    )
                    print(said, file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
    return findings


def main() -> int:
    """Play, and print the table; 1 where anything was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--fault", nargs="+", choices=list(FAULTS), default=list(FAULTS))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as prefect_home:
        os.environ |= {"PREFECT_HOME": prefect_home, "DO_NOT_TRACK": "1", "PREFECT_SERVER_EPHEMERAL_ENABLED": "false"}
        findings = play(options.fault, options.times, options.seed)
    print(HEADER)
    for name, found in findings.items():
        if found:
            print(row_of(name, found))
    print(f"\nseed {options.seed}, {time.monotonic() - began:.0f} s")
    return int(any(finding.faults_found(CONCURRENCY) for found in findings.values() for finding in found))


if __name__ == "__main__":
    sys.exit(main())
