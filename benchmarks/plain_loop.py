"""The yardstick: a plain asyncio loop over the same SDK, the same prompts, the same concurrency, and nothing kept."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any, cast

import openai
from openai.types.chat import ChatCompletion


async def ask_all(requests: Sequence[dict[str, object]], concurrency: int, transport: str) -> None:
    """Send every request, at most `concurrency` at once, and parse each answer as JSON."""
    http_client = openai.DefaultAioHttpClient() if transport == "aiohttp" else openai.DefaultAsyncHttpxClient()
    client = openai.AsyncOpenAI(max_retries=0, http_client=http_client)
    places = asyncio.Semaphore(concurrency)

    async def ask(request: dict[str, object]) -> None:
        async with places:
            completion: ChatCompletion = await cast(Any, client.chat.completions.create)(**request)
        json.loads(completion.choices[0].message.content or "")

    await asyncio.gather(*(ask(request) for request in requests))
    await client.close()


def main(path: str, concurrency: int, transport: str) -> None:
    """Read the requests (JSON lines), warm up with one of them, send them all, print seconds, CPU seconds, memory."""
    requests = [json.loads(line) for line in Path(path).read_text().splitlines()]
    asyncio.run(ask_all(requests[:1], 1, transport))
    before, started = getrusage(RUSAGE_SELF), time.perf_counter()
    asyncio.run(ask_all(requests, concurrency, transport))
    seconds, after = time.perf_counter() - started, getrusage(RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "peak_mb": getrusage(RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
