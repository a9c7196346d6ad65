"""Prompts answered by a server that speaks OpenAI's chat protocol, for models too big for this machine."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from settings import Settings
from tasks.errors import RunRefused
from tasks.predictions.prompts import Completion, GenerationSettings, ModelIdentity, PassResult, Prompt
from tasks.predictions.samples import Sample
from tasks.providers.environment import check_url
from tasks.providers.errors import AccessRefused, ModelError, Unreachable, UnusableJudge
from tasks.providers.openai_api.served import ChatServer

BACKEND = "OpenAI-compatible server"
STEP = "{step}"


class NotServed(Exception):
    """The server is away, refuses the key, or does not know the model: no prompt of this step can be answered."""


def open_server(url: str, settings: Settings) -> ChatServer:
    """A server by its URL, as `http://HOST:8000/v1`; nothing is sent yet.

    Raises:
        RunRefused: It is no URL of a server, or holds a password, which would be kept with the run.
    """
    if "@" in url:
        raise RunRefused("--server: leave user and password out of the URL: a key is read from VLLM_API_KEY")
    try:
        return ChatServer(check_url(url, "--server", url), settings)
    except UnusableJudge as error:
        raise RunRefused(f"--server: {url!r} is no http or https URL, as http://HOST:8000/v1") from error


def model_at(pattern: str, step: int) -> str:
    """The name under which the server serves a step: `checkpoint-{step}` as `checkpoint-40`."""
    return pattern.replace(STEP, str(step))


def place_of(url: str) -> str:
    """Host and port, for people to read; no password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def prompts_for_server(samples: Sequence[Sample]) -> tuple[Prompt, ...]:
    """The prompts of a job's samples, for a server that applies the chat template itself.

    Raises:
        RunRefused: A sample is plain text, which a chat server cannot go on with.
    """
    for index, sample in enumerate(samples):
        if not sample.messages:
            raise RunRefused(
                f"sample {index} is plain text, and a server is asked for its turn in a conversation: "
                "leave --server out, or use data with messages"
            )
    return tuple(
        Prompt(
            index=index,
            sample_id=sample.id,
            text="\n".join(f"{turn.get('role')}: {turn.get('content') or ''}" for turn in sample.messages),
            tokens=(),
            ground_truth=sample.ground_truth,
            messages=sample.messages,
            tools=sample.tools,
        )
        for index, sample in enumerate(samples)
    )


async def ask_server(
    server: ChatServer, place: str, model: str, prompts: Sequence[Prompt], settings: GenerationSettings
) -> PassResult:
    """Answer each prompt `settings.repeats` times, all at once; what fails has its reason.

    Raises:
        NotServed: None of these can be answered, nor any other of this model.
    """
    started = time.perf_counter()
    asked = [
        _complete(server, prompt, repeat, body_of(model, prompt, settings, repeat), settings)
        for repeat in range(settings.repeats)
        for prompt in prompts
    ]
    # not a TaskGroup: answers that are on the wire are waited for
    answers = await asyncio.gather(*asked, return_exceptions=True)
    completions = tuple(answer for answer in answers if isinstance(answer, Completion))
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    identity = ModelIdentity(dtype="as served", base_revision=model, backend=f"{BACKEND} at {place}")
    return PassResult(identity, completions, time.perf_counter() - started)


async def _complete(
    server: ChatServer, prompt: Prompt, repeat: int, body: dict[str, Any], settings: GenerationSettings
) -> Completion:
    """One prompt, once."""
    started = time.perf_counter()
    seed = body.get("seed")
    try:
        reply, truncated = await server.say(body)
    except (AccessRefused, Unreachable) as error:
        raise NotServed(f"the server does not serve {body['model']!r}: {error}") from None
    except ModelError as error:
        return Completion(prompt.index, repeat, failure=f"{type(error).__name__}: {error}", seed=seed)
    return Completion(
        prompt.index,
        repeat,
        text=reply.text,
        truncated=truncated,
        tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out,
        latency_seconds=time.perf_counter() - started,
        seed=seed,
    )


def body_of(model: str, prompt: Prompt, settings: GenerationSettings, repeat: int) -> dict[str, Any]:
    """The chat completion to ask for; greedy has no seed. vLLM takes all of it (its OpenAI server, 2026-11)."""
    body: dict[str, Any] = {
        "model": model,
        "messages": list(prompt.messages),
        "max_tokens": settings.max_new_tokens,
        "temperature": settings.temperature,
    }
    if settings.temperature:
        body |= {"top_p": settings.top_p, "seed": settings.seed + repeat}
    if prompt.tools:
        body["tools"] = list(prompt.tools)
    return body
