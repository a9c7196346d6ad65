"""Tiny language models made on the spot, saved as transformers and PEFT save them; nothing is fetched.

`save_random_model` knows nothing: what comes out of it is what was forced. `save_model_that_says` always says the same.
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.providers.base import ModelRequest
from tasks.providers.local_model.prompt import prompt_tokens

SPECIAL = ["<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>"]
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
DIMENSIONS = 32
SCORE_BETWEEN_WORDS = 1.0
"""How much likelier, as a logit, each word of `save_model_that_says` is than the next."""

WORDS = ("the ", "user", "answer", "PASS", '": "', '", "', '"}')


def tiny_tokenizer(words: Sequence[str] = WORDS, template: str | None = TEMPLATE) -> Any:
    """A byte-level BPE of about 300 tokens that can write any text.

    Args:
        words: Texts that are one token each; each beginning of one is a token too.
        template: The chat template; None for a tokenizer without.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    as_letters = [bytes_only.pre_tokenize_str(word)[0][0] for word in words]
    merges = [(letters[:end], letters[end]) for letters in as_letters for end in range(1, len(letters))]
    tokens = [*SPECIAL, *sorted(bytes_only.alphabet()), *("".join(merge) for merge in merges)]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=list(dict.fromkeys(merges))))
    backend.pre_tokenizer = bytes_only
    backend.decoder = decoders.ByteLevel()
    end, padding, *roles = SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token=end,
        pad_token=padding,
        additional_special_tokens=roles,
        chat_template=template,
    )


def tiny_model(tokenizer: Any, *, seed: int = 0, context: int = 2048, shape: str = "Llama", **config: Any) -> Any:
    """A model of 2 layers and 32 dimensions with random weights in float32: the same for the same seed.

    Args:
        tokenizer: Whose tokens it knows.
        seed: Of the weights.
        context: Most tokens of prompt and answer together.
        shape: `Llama`, `Qwen3`, `Mistral`, or another that transformers has a causal model and a config of.
        config: What else the config is to say.
    """
    import torch
    import transformers

    torch.set_num_threads(1)  # more of them wait for each other at every step where other work has the cores
    sizes: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
    }
    tokens: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
    }
    sizes |= {"max_position_embeddings": context, "initializer_range": 0.5}
    made = getattr(transformers, f"{shape}Config")(**{**sizes, **tokens, **config})
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return getattr(transformers, f"{shape}ForCausalLM")(made)


def save(folder: Path, model: Any, tokenizer: Any) -> Path:
    """A folder as `save_pretrained` writes it."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_random_model(folder: Path, *, template: str | None = TEMPLATE, **made: Any) -> Path:
    """A model that knows nothing; see `tiny_model`."""
    tokenizer = tiny_tokenizer(template=template)
    return save(folder, tiny_model(tokenizer, **made), tokenizer)


def save_model_that_says(folder: Path, words: Sequence[str], context: int | ModelRequest = 2048) -> Path:
    """A model that gives, of these words, the first that fits, and each time the same score.

    Args:
        folder: Where to write it.
        words: Each one token, the likeliest first. JSON that is the only possible one is said as the tokenizer splits
            it: `['{"verdict": "', 'good"}']` is the answer `{"verdict": "good"}` in two tokens.
        context: Most tokens of prompt and answer together; a request means what it and all words need, so that one
            with a longer prompt is rejected.
    """
    import torch

    tokenizer = tiny_tokenizer(words)
    if isinstance(context, ModelRequest):
        context = len(prompt_tokens(tokenizer, context)) + len(words)
    model = tiny_model(tokenizer, context=context)
    with torch.no_grad():
        for weights in model.parameters():
            weights.zero_()
        model.model.embed_tokens.weight.fill_(1)
        model.model.norm.weight.fill_(1)
        for rank, word in enumerate(words):
            (token,) = tokenizer(word)["input_ids"]
            model.lm_head.weight[token] = 1 - rank * SCORE_BETWEEN_WORDS / DIMENSIONS
    return save(folder, model, tokenizer)


def save_adapter(
    folder: Path, base: Path, *, seed: int = 1, named: str | None = None, tokens: int | None = None, **config: Any
) -> Path:
    """A LoRA adapter with random weights, which changes what the base says.

    Args:
        folder: Where to write it, the tokenizer left out.
        base: The folder of a model.
        seed: Of its weights.
        named: What the adapter calls its base; None means the base's path.
        tokens: To how many training has grown the base's; None means not at all.
        config: Of `LoraConfig`.
    """
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(base)
    if tokens is not None:
        model.resize_token_embeddings(tokens, mean_resizing=False)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        lora = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False, **config)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft 0.21 calls what transformers 5.23 has renamed
            adapted: Any = get_peft_model(model, lora)
    adapted.save_pretrained(folder, save_embedding_layers=tokens is not None)
    if named is not None:
        file = folder / "adapter_config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"base_model_name_or_path": named}))
    return folder


def quantized_model(folder: Path, *, device: str = "cpu", bits: int = 4) -> Any:
    """A saved model in nf4 or int8, prepared as for QLoRA: what is not quantized is float32."""
    import torch
    from peft import prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    in_4_bits = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    config = in_4_bits if bits == 4 else BitsAndBytesConfig(load_in_8bit=True)
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, quantization_config=config, dtype=torch.bfloat16, device_map={"": device}
    )
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False  # else the Trainer's own evaluation ends learning on a CPU
    return prepare_model_for_kbit_training(model)


def with_lora(model: Any, *, seed: int = 1, **config: Any) -> Any:
    """The model with a new LoRA adapter on all its linear layers."""
    import torch
    from peft import LoraConfig, get_peft_model

    made: dict[str, Any] = {"r": 4, "target_modules": "all-linear", "task_type": "CAUSAL_LM", **config}
    with torch.random.fork_rng(), warnings.catch_warnings():
        torch.manual_seed(seed)
        warnings.simplefilter("ignore", FutureWarning)  # peft 0.21 calls what transformers 5.23 has renamed
        return get_peft_model(model, LoraConfig(**made))
