"""Print every finding of the rule checks over files of conversations, for reading: how docs/rules.md was measured."""

import argparse
import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from storage.records import Thread
from tasks.evaluators.rules.base import Check, Finding
from tasks.evaluators.rules.catalog import CHECKS, chosen_checks
from tasks.sources.base import LoadReport
from tasks.sources.read import read_threads

CONTEXT_CHARACTERS = 200


def main() -> None:
    options = parse_options()
    checks = chosen_checks(options.checks.split(",")) if options.checks else CHECKS
    spent: Counter[str] = Counter()
    found: Counter[str] = Counter()
    threads = messages = 0
    for thread in read_all(options.sources):
        threads, messages = threads + 1, messages + len(thread.messages)
        for check in checks:
            for finding in timed(check, thread, spent):
                found[check.name] += 1
                print_finding(thread, finding)
    print(f"\n{threads:,} threads, {messages:,} messages")
    for check in checks:
        micros = spent[check.name] / max(1, threads) / 1000
        print(f"{check.name:16} {found[check.name]:6,} findings {micros:8.1f} us/thread")
    if options.read:
        low, high = wilson_interval(options.true, options.read)
        share = options.true / options.read
        print(f"\nread {options.read}, true {options.true}: precision {share:.2f} [{low:.2f}, {high:.2f}]")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", help="files, folders or globs of conversations")
    parser.add_argument("--checks", help="names, comma-separated; all of them by default")
    parser.add_argument("--read", type=int, default=0, help="findings somebody has read, to print the precision")
    parser.add_argument("--true", type=int, default=0, help="how many of those are right")
    return parser.parse_args()


def read_all(sources: Sequence[str]) -> Iterable[Thread]:
    for source in sources:
        yield from read_threads(source, report=LoadReport())


def timed(check: Check, thread: Thread, spent: Counter[str]) -> list[Finding]:
    started = time.perf_counter_ns()
    findings = list(check.find(thread))
    spent[check.name] += time.perf_counter_ns() - started
    return findings


def print_finding(thread: Thread, finding: Finding) -> None:
    asked = [message.text for message in thread.messages[: finding.index] if message.role == "user"]
    weight = finding.verdict or finding.cause or finding.kind
    print(f"\n{finding.check} | {thread.external_id}[{finding.index}] | {weight}")
    print(f"  {finding.reasoning}")
    if asked:
        print(f"  user: {asked[-1][:CONTEXT_CHARACTERS]!r}")
    for evidence in finding.evidence:
        print(f"  [{evidence.index}] {evidence.quote!r}")


def wilson_interval(true: int, read: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    share, square = true / read, z * z
    middle = (share + square / (2 * read)) / (1 + square / read)
    half = z / (1 + square / read) * math.sqrt(share * (1 - share) / read + square / (4 * read * read))
    return max(0.0, middle - half), min(1.0, middle + half)


if __name__ == "__main__":
    main()
