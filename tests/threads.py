"""Small sources for tests, written on the spot."""

import csv
from pathlib import Path


def write_threads(path: Path, threads: int, turns: int = 1) -> Path:
    """A CSV of threads `t0`, `t1`, ...: each turn a question and its answer, with a recorded and a labelled intent."""
    header = ("thread_id", "user_id", "timestamp", "query_text", "final_response_message", "intent_detected")
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow((*header, "intent_expected"))
        for thread in range(threads):
            for turn in range(turns):
                time = f"2026-03-01T10:{turn % 60:02d}:00Z"
                asked = f"message {thread} of a user, turn {turn}: where is my parcel?"
                table.writerow(
                    (f"t{thread}", f"u{thread % 7}", time, asked, "It arrives on Monday.", "tracking", "tracking")
                )
    return path
