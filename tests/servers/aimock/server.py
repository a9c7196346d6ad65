"""aimock as a process of its own, told over its control API what to answer, and asked what it was sent."""

import json
import os
import re
import subprocess
import time
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

Json = dict[str, Any]

LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
START_SECONDS, STOP_SECONDS = 60, 10


class Aimock:
    """A running aimock. It answers what `answer` and `fail` say, in their order, and 404 to everything else."""

    def __init__(self, node: str, script: Path, folder: Path, key: str) -> None:
        """Start it, and wait until it listens.

        Args:
            node: The command.
            script: The one that serves.
            folder: An empty one; the log goes there.
            key: The only one it lets in.
        """
        self._log, self._key = folder / "aimock.log", key
        command = [node, str(script), "--port", "0", "--host", "127.0.0.1", "--fixtures", str(folder)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AIMOCK_")}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**environment, "AIMOCK_API_KEYS": key}
            )
        self.port = self._wait()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, response: Json, match: Json | None = None, **more: Any) -> None:
        """Answer requests that match in this way (https://aimock.copilotkit.dev/fixtures, 2026-11).

        Args:
            response: Text and what stands around it, or an error.
            match: None matches each request.
            more: Such as `chaos`, the faults it is to have.
        """
        entry = {"match": match or {}, "response": response, **more}
        self._control("POST", "/fixtures", {"fixtures": [entry]})

    def fail_once(self, status: int, message: str) -> None:
        """Answer the next request with an error."""
        self._control("POST", "/error", {"status": status, "body": {"message": message}})

    def journal(self) -> list[Json]:
        """What it was sent since the last reset, in order: `path`, `headers`, `body` in OpenAI's form, `response`."""
        return self._control("GET", "/journal")

    def reset(self) -> None:
        """Forget answers and journal."""
        self._control("POST", "/reset")

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._process.kill()
        self._process.wait()

    def _control(self, method: str, path: str, body: Json | None = None) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, f"/__aimock{path}", sent, {"Authorization": f"Bearer {self._key}"})
            reply = connection.getresponse()
            text = reply.read()
        finally:
            connection.close()
        assert reply.status == 200, text
        return json.loads(text)

    def _wait(self) -> int:
        give_up_at = time.monotonic() + START_SECONDS
        while (found := LISTENING.search(self._log.read_text())) is None:
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                self.stop()
                raise AssertionError(f"aimock does not listen: {self._log.read_text()}")
            time.sleep(0.02)
        return int(found[1])
