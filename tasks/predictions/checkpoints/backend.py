"""Who answers the prompts of a checkpoint: its weights, loaded here, or a server that has them."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from settings import Settings
from tasks.errors import RunRefused
from tasks.predictions.checkpoints.bases import folders_of, tokenizer_folder
from tasks.predictions.checkpoints.find import Checkpoint
from tasks.predictions.prompts import GenerationSettings, PassResult, Prompt
from tasks.predictions.samples import Sample
from tasks.predictions.server import BACKEND, ask_server, model_at, open_server, place_of, prompts_for_server

logger = logging.getLogger(__name__)

AskBatch = Callable[[Sequence[Prompt]], Awaitable[PassResult]]
"""Answers one batch of prompts, which is not interrupted."""


@dataclass(frozen=True)
class Prepared:
    """The prompts of a checkpoint, as its own tokenizer writes them.

    Attributes:
        template_hash: SHA-256 (hex) of the chat template; None without one, or where a server has it.
    """

    prompts: tuple[Prompt, ...]
    template_hash: str | None = None


class Backend(Protocol):
    """Answers prompts with the weights of any checkpoint of one training.

    Attributes:
        kind: What the job's variant is pinned to.
        words: For people: where it computes.
    """

    kind: str
    words: str

    async def prepare(self, checkpoint: Checkpoint, samples: Sequence[Sample], most: int) -> Prepared:
        """The prompts, without loading weights; `most` is the most new tokens of a prediction."""
        ...

    def opened(self, checkpoint: Checkpoint, settings: GenerationSettings) -> AbstractAsyncContextManager[AskBatch]:
        """The checkpoint ready to answer while the block runs; its memory is given back at the end."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class LocalBackend:
    """Loads each checkpoint here, in a thread; one at a time."""

    kind = "transformers"

    def __init__(self, device: str, base: str, *, keep_base: bool = True) -> None:
        """Nothing is loaded yet.

        Args:
            device: `auto` or a device of torch.
            base: Of adapters; empty: what they say.
            keep_base: Whether the base of an adapter stays in memory until the next one is put on it.

        Raises:
            RunRefused: The extra is not installed, or the device cannot be used.
        """
        try:
            from tasks.predictions.checkpoints.load import CheckpointLoader, choose_device
        except ImportError as error:
            raise RunRefused(
                f"predictions need what this installation does not have ({error.name}): pip install 'evalflows[train]'"
            ) from error
        self.device = choose_device(device)
        self.words = f"transformers on {self.device}"
        self._base = base
        self._loader = CheckpointLoader(self.device, keep_base)

    async def prepare(self, checkpoint: Checkpoint, samples: Sequence[Sample], most: int) -> Prepared:
        """See `Backend.prepare`."""
        return await asyncio.to_thread(self._prepare, checkpoint, samples, most)

    @asynccontextmanager
    async def opened(self, checkpoint: Checkpoint, settings: GenerationSettings) -> AsyncGenerator[AskBatch]:
        """See `Backend.opened`."""
        from tasks.predictions.generation.generate import GenerationFailed, generate

        folders = folders_of(checkpoint, self._base)
        loader, tokenizer = self._loader, tokenizer_folder(checkpoint, folders, self._base)
        held = [await asyncio.to_thread(loader.load, folders, tokenizer)]
        logger.info("%s loaded on %s", checkpoint.folder.name, self.device)

        async def ask(prompts: Sequence[Prompt]) -> PassResult:
            try:
                return await asyncio.to_thread(generate, held[0].model, held[0].tokenizer, prompts, settings)
            except GenerationFailed as failed:  # who raises it has logged why; each row says it
                return failed.result

        try:
            yield ask
        except BaseException:
            held.clear()
            loader.forget()
            raise
        loader.put_back(held[0])
        held.clear()
        loader.collect()

    async def close(self) -> None:
        """Give the memory back."""
        self._loader.forget()

    def _prepare(self, checkpoint: Checkpoint, samples: Sequence[Sample], most: int) -> Prepared:
        from tasks.predictions.checkpoints.load import read_prompts

        folders = folders_of(checkpoint, self._base)
        return Prepared(*read_prompts(folders, tokenizer_folder(checkpoint, folders, self._base), samples, most))


class ServerBackend:
    """Asks a server that serves every checkpoint by a name."""

    kind = BACKEND

    def __init__(self, url: str, model: str, settings: Settings) -> None:
        """Nothing is sent yet.

        Args:
            url: As `http://HOST:8000/v1`.
            model: The name of a checkpoint's model, with `{step}` in it.
            settings: Tries, pauses, time-out.

        Raises:
            RunRefused: It is no URL of a server.
        """
        self._server = open_server(url, settings)
        self._place, self._model = place_of(url), model
        self.words = f"{BACKEND} at {self._place}"

    async def prepare(self, checkpoint: Checkpoint, samples: Sequence[Sample], most: int) -> Prepared:
        """See `Backend.prepare`; the server applies the chat template."""
        return Prepared(prompts_for_server(samples))

    @asynccontextmanager
    async def opened(self, checkpoint: Checkpoint, settings: GenerationSettings) -> AsyncGenerator[AskBatch]:
        """See `Backend.opened`."""
        model = model_at(self._model, checkpoint.step)

        async def ask(prompts: Sequence[Prompt]) -> PassResult:
            return await ask_server(self._server, self._place, model, prompts, settings)

        yield ask

    async def close(self) -> None:
        """Close the connections."""
        await self._server.close()
