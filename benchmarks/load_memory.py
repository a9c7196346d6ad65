"""Memory and time of loading a large source: makes a file, reads it in a fresh process, prints peak growth and seconds.

python -m benchmarks.load_memory --threads 200000 --format csv --order scattered
"""

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2024, 1, 1, tzinfo=UTC)
HEADER = ("conversation_id", "user_id", "timestamp", "turn", "speaker", "text", "intent_detected", "channel")
WORDS = (
    "please",
    "could",
    "you",
    "check",
    "where",
    "my",
    "order",
    "with",
    "the",
    "blue",
    "chair",
    "is",
    "because",
    "it",
    "has",
    "not",
    "arrived",
    "by",
    "now",
    "thank",
)
READER = """
import sys, time
from tasks.sources.base import LoadReport, Selection
from tasks.sources.read import read_threads
def kilobytes(name):
    return int(next(line for line in open("/proc/self/status") if line.startswith(name)).split()[1])
before, started, report = kilobytes("VmRSS"), time.perf_counter(), LoadReport()
selection = Selection(sample=int(sys.argv[2]), limit=int(sys.argv[3]))
for thread in read_threads(sys.argv[1], selection=selection, report=report):
    pass
seconds = time.perf_counter() - started
peak = kilobytes("VmHWM")  # not ru_maxrss: a child inherits its parent's
print(f"{report.threads} threads, {report.messages} messages, {report.bad_rows} bad rows: "
      f"{seconds:.1f} s, memory grew by {(peak - before) / 1024:.0f} MB from {before / 1024:.0f} MB")
"""


def make_rows(threads: int, messages: int, scattered: bool) -> Iterator[tuple[object, ...]]:
    """Rows of all messages, thread after thread or all mixed up."""
    chance = random.Random(7)
    places = range(threads * messages)
    for place in chance.sample(places, len(places)) if scattered else places:
        thread, turn = divmod(place, messages)
        text = " ".join(chance.choices(WORDS, k=15))
        moment = (START + timedelta(seconds=37 * place)).isoformat()
        speaker = "customer" if turn % 2 == 0 else "bot"
        intent = "order_status" if turn % 2 == 0 else ""
        yield f"conversation-{thread:08d}", f"user-{thread % 5000}", moment, turn, speaker, text, intent, "web"


def write_file(path: Path, rows: Iterator[tuple[object, ...]], messages: int) -> None:
    """Write rows as the suffix says; `.records.jsonl` and `.json` get one record a thread."""
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(rows)
    elif path.suffix == ".parquet":
        write_parquet(path, rows)
    elif path.suffix == ".json" or path.name.endswith(".records.jsonl"):
        with path.open("w") as file:
            between, end = (",\n", "]") if path.suffix == ".json" else ("\n", "\n")
            file.write("[" if path.suffix == ".json" else "")
            for number, record in enumerate(make_records(rows, messages)):
                file.write((between if number else "") + json.dumps(record))
            file.write(end)
    else:
        with path.open("w") as file:
            file.writelines(json.dumps(dict(zip(HEADER, row, strict=True))) + "\n" for row in rows)


def make_records(rows: Iterator[tuple[object, ...]], messages: int) -> Iterator[dict[str, object]]:
    """One record of each thread's rows."""
    while thread := [row for _, row in zip(range(messages), rows, strict=False)]:
        yield {
            "conversation_id": thread[0][0],
            "user_id": thread[0][1],
            "messages": [{"role": row[4], "content": row[5], "timestamp": row[2]} for row in thread],
        }


def write_parquet(path: Path, rows: Iterator[tuple[object, ...]]) -> None:
    """Write rows in row groups of 100,000."""
    import pyarrow as pa
    from pyarrow import parquet

    writer = None
    while some := [row for _, row in zip(range(100_000), rows, strict=False)]:
        table = pa.Table.from_pylist([dict(zip(HEADER, row, strict=True)) for row in some])
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=200_000)
    parser.add_argument("--messages", type=int, default=6)
    parser.add_argument("--format", default="csv", choices=("csv", "jsonl", "records.jsonl", "json", "parquet"))
    parser.add_argument("--order", default="contiguous", choices=("contiguous", "scattered"))
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--limit", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"threads.{options.format}"
        rows = make_rows(options.threads, options.messages, options.order == "scattered")
        write_file(path, rows, options.messages)
        size = path.stat().st_size / 1e6
        print(f"{options.format}, {options.order}, {size:.0f} MB: ", end="", flush=True)
        command = [sys.executable, "-c", READER, str(path), str(options.sample), str(options.limit)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
