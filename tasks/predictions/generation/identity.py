"""Which weights answer, and how they are computed."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

import hashlib
import json
from typing import Any

from tasks.predictions.generation.adapter import adapter_hash
from tasks.predictions.generation.unwrap import Model, device_of, unwrap
from tasks.predictions.prompts import ModelIdentity


def identity_of(model: Model, tokenizer: Any, dtype_words: str) -> ModelIdentity:  # noqa: ANN401 unknown in part
    """What is stored with each row that these weights answer.

    Args:
        model: As it is now, in its wrappers or out of them.
        tokenizer: Whose chat template was applied; None is one without.
        dtype_words: As `tasks.predictions.generation.precision.dtype_words` puts them.
    """
    model = unwrap(model)
    config = model.config
    name, commit = getattr(config, "_name_or_path", ""), getattr(config, "_commit_hash", None)
    return ModelIdentity(
        dtype=dtype_words,
        adapter_hash=adapter_hash(model),
        base_revision=f"{name}@{commit}" if name and commit else name or None,
        template_hash=template_hash(tokenizer),
        backend=f"transformers on {device_of(model).type}",
    )


def template_hash(tokenizer: Any) -> str | None:  # noqa: ANN401
    """SHA-256 (hex) of a tokenizer's chat template; None without one."""
    template: Any = getattr(tokenizer, "chat_template", None)
    if not template:
        return None
    text = template if isinstance(template, str) else json.dumps(template, sort_keys=True)  # several, by name
    return hashlib.sha256(text.encode()).hexdigest()
