"""`local:MODEL`: a transformers model, with a PEFT adapter or without, that answers in this process."""

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

from settings import Settings
from tasks.providers.base import ModelReply, ModelRequest
from tasks.providers.errors import AccessRefused, CallRejected, ModelError, UnusableJudge
from tasks.providers.local_model.batches import Batches, Waiting
from tasks.providers.local_model.fingerprint import fingerprint
from tasks.providers.local_model.folders import find_folders
from tasks.providers.local_model.prompt import ASKING_VERSION

if TYPE_CHECKING:
    from tasks.providers.local_model.load import LoadedModel

NEEDED = ("torch", "transformers", "peft", "llguidance")


class LocalProvider:
    """One model, loaded when it is first asked, in the thread that answers.

    Calls made at the same time are answered in batches. There is no time-out: a call waits for its turn. Answers are
    kept to the schema while they are generated. Greedy and seeded answers are the same in whatever batch, as far as the
    device's arithmetic is. `base_url` says which weights answer; the device and its precision are not part of it.
    """

    name = "local"
    free = True

    def __init__(self, model: str, settings: Settings) -> None:
        """Look for the model and read its files' content, 0.7 s per GB; see `find_folders` for what a model can be.

        Raises:
            UnusableJudge: There is no such model, or what it needs is not installed.
        """
        if any(importlib.util.find_spec(package) is None for package in NEEDED):
            raise UnusableJudge(f"judge 'local:{model}' needs {', '.join(NEEDED)}: install evalflows[train]")
        self._folders = find_folders(model)
        self._device = settings.local_device
        self._loaded: LoadedModel | None = None
        self._batches = Batches(self._answer, settings.local_batch_size)
        self.model = model
        self.base_url = fingerprint(self._folders, ASKING_VERSION)

    async def complete(self, request: ModelRequest, item: str, method: str) -> ModelReply:
        """Make the call once; see `Provider.complete`."""
        if any(turn.images for turn in request.turns):
            raise CallRejected("a 'local:' model is shown text only, and there are images in the request")
        return await self._batches.ask(request)

    async def close(self) -> None:
        """Stop what is being said, and free the model."""
        await self._batches.close()
        if self._loaded is not None:
            from tasks.providers.local_model.generate import forget_memory

            device, self._loaded = self._loaded.device, None
            forget_memory(device)

    def _answer(self, batch: Sequence[Waiting]) -> Sequence[ModelReply | ModelError]:
        """Answer a batch, in the model's thread."""
        from tasks.providers.local_model.answer import answer_requests

        if self._loaded is None:
            self._loaded = self._load()
        return answer_requests(self._loaded, [(waiting.request, waiting.reply.done) for waiting in batch])

    def _load(self) -> "LoadedModel":
        from tasks.providers.local_model.load import load

        try:
            return load(self._folders, self._device)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            where = f"on {self._device!r} (EVALFLOWS_LOCAL_DEVICE)"
            raise AccessRefused(f"'local:{self.model}' cannot be loaded {where}: {why}") from error
