"""`make demo`: the shipped samples evaluated by rules and by recorded answers; leaves nothing running."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from deployments.local.server import server_status, stop_server
from settings import Settings, get_settings
from storage.embedded import embedded_status, stop_embedded

SAMPLES = Path(os.path.relpath(Path(__file__).parents[1] / "tasks" / "sources" / "samples"))
REPORT = Path("reports") / "demo.html"
EVALFLOWS = str(Path(sys.executable).parent / "evalflows")
FLOW = (EVALFLOWS, "run", "evaluate-threads", "--source", str(SAMPLES / "threads"), "--app", "demo")


def main() -> int:
    """Evaluate the samples twice, write the report of the second; returns the exit code."""
    settings = get_settings()
    with ExitStack() as stack:
        stop_afterwards(settings, stack)
        say("1. Two bots' threads, checked by rules: no model, no key. What only a judge could tell stays unscored.")
        if code := subprocess.call(FLOW):
            return code
        say("2. The same threads by a judge; its answers were recorded and are replayed here, so no key is needed.")
        judge = f"scripted:{SAMPLES / 'verdicts.jsonl'}"
        if code := subprocess.call([*FLOW, "--judge", judge, "--html", str(REPORT)]):
            return code
    say(f"Open {REPORT} in a browser. The rows stay in Postgres: .venv/bin/evalflows runs list --app demo")
    return 0


def stop_afterwards(settings: Settings, stack: ExitStack) -> None:
    """Leave running what ran before, and nothing else."""
    if settings.database_url is None and embedded_status(settings) is None:
        stack.callback(stop_embedded, settings)
    if server_status(settings) is None:
        stack.callback(stop_server, settings)


def say(text: str) -> None:
    """A line for the person who watches."""
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
