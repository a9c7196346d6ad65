"""Makes the demo's base model from nothing: a byte-level BPE, and a small Llama that has learned plain answers."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# torch and transformers say in part only what their functions give

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

SPECIAL = ("<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>")
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
VOCABULARY = 400
BATCH = 40
LEARNING_RATE = 4e-3
IGNORED = -100
"""The label of a token that is not learned from."""

Pair = tuple[str, str]
"""A question and its answer."""


def main() -> None:
    """Make the base of the pairs in a file: `python -m deployments.demo_predictions.base PAIRS FOLDER EPOCHS`."""
    pairs_file, folder, epochs = sys.argv[1:]
    torch.set_num_threads(1)  # a model this small is slower on more: they wait for each other at every step
    disable_progress_bar()
    save_base(Path(pairs_file), Path(folder), int(epochs))


def save_base(pairs_file: Path, folder: Path, epochs: int) -> None:
    """Make the tokenizer and the model from the pairs, and write both as `from_pretrained` reads them.

    Args:
        pairs_file: JSON lines with `prompt` and `completion`.
        folder: Where to write.
        epochs: Passes over the pairs.
    """
    pairs = read_pairs(pairs_file)
    tokenizer = make_tokenizer([text for pair in pairs for text in pair])
    model = make_model(tokenizer)
    teach(model, tokenizer, pairs, epochs)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def read_pairs(file: Path) -> list[Pair]:
    """The pairs of a file, in order."""
    rows = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    return [(row["prompt"], row["completion"]) for row in rows]


def make_tokenizer(texts: Sequence[str]) -> Any:  # noqa: ANN401
    """A byte-level BPE learned from the texts, which can write any other text too."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    backend.train_from_iterator(texts, trainer)
    end, padding, *roles = SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token=end,
        pad_token=padding,
        additional_special_tokens=roles,
        chat_template=TEMPLATE,
    )


def make_model(tokenizer: Any) -> Any:  # noqa: ANN401
    """A Llama of 2 layers and 128 dimensions, random weights, the same each time."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=256,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config)


def teach(model: Any, tokenizer: Any, pairs: Sequence[Pair], epochs: int) -> None:  # noqa: ANN401
    """Train all weights on the pairs; what is learned is the answer, given the question."""
    examples = [example_of(tokenizer, *pair) for pair in pairs]
    steps = epochs * -(-len(examples) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps, pct_start=0.1)
    shuffled = random.Random(0)
    model.train()
    for _ in range(epochs):
        shuffled.shuffle(examples)
        for start in range(0, len(examples), BATCH):
            loss = model(**batch_of(examples[start : start + BATCH], tokenizer.pad_token_id)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()


def example_of(tokenizer: Any, question: str, answer: str) -> tuple[list[int], list[int]]:  # noqa: ANN401
    """Tokens and labels of one pair, its chat template applied; the question is not learned from."""
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": question}], add_generation_prompt=True, tokenize=False
    )
    prompt = tokenizer(asked)["input_ids"]
    truth = tokenizer(answer + tokenizer.eos_token)["input_ids"]
    return prompt + truth, [IGNORED] * len(prompt) + truth


def batch_of(examples: Sequence[tuple[list[int], list[int]]], padding: int) -> dict[str, torch.Tensor]:
    """The examples as tensors of one length, padded on the right."""
    longest = max(len(tokens) for tokens, _ in examples)

    def padded(rows: Sequence[list[int]], filler: int) -> torch.Tensor:
        return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])

    tokens = padded([tokens for tokens, _ in examples], padding)
    mask = padded([[1] * len(tokens) for tokens, _ in examples], 0)
    labels = padded([labels for _, labels in examples], IGNORED)
    return {"input_ids": tokens, "attention_mask": mask, "labels": labels}


if __name__ == "__main__":
    main()
