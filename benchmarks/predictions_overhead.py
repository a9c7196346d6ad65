"""What a pass of predictions costs beside a bare batched `generate` and TRL's callback: same model, prompts, batches.

python -m benchmarks.predictions_overhead --prompts 48 --new-tokens 64 --rounds 5
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from datasets import Dataset  # pyright: ignore[reportMissingTypeStubs]
from transformers import GenerationConfig, Trainer, TrainerControl, TrainerState, TrainingArguments
from trl.trainer.callbacks import LogCompletionsCallback

from tasks.predictions.generation.generate import generate
from tasks.predictions.prompts import GenerationSettings, Prompt
from tests.tiny_model import tiny_model, tiny_tokenizer, with_lora

SIZES = {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8, "num_attention_heads": 8}
HEAD = """\
| what | seconds of each round | median | CPU s, median | ratio of times | of CPU times |
| --- | --- | --- | --- | --- | --- |"""


class Contest:
    """The same prompts, answered in several ways by the same model."""

    def __init__(self, prompts: int, new_tokens: int, batch_size: int, folder: str) -> None:
        """Make a random model with a LoRA adapter, for one thread, and prompts with ground truths."""
        self._tokenizer = tiny_tokenizer()
        sizes: dict[str, Any] = {**SIZES, "num_key_value_heads": 8, "initializer_range": 0.02}
        self._model = with_lora(tiny_model(self._tokenizer, **sizes), init_lora_weights=False).eval()
        self._texts = [f"{number} " + "the user says this " * (number % 10 + 1) for number in range(prompts)]
        self._prompts = [
            Prompt(number, text, text, tuple(self._tokenizer.encode(text))) for number, text in enumerate(self._texts)
        ]
        truth = tuple(self._tokenizer.encode("an answer as long as most are, of some thirty tokens"))
        self._with_truth = [replace(prompt, truth_tokens=truth) for prompt in self._prompts]
        self._settings = GenerationSettings(max_new_tokens=new_tokens, batch_size=batch_size)
        end = self._tokenizer.eos_token_id
        self._config = GenerationConfig(max_new_tokens=new_tokens, do_sample=False, eos_token_id=end, pad_token_id=end)
        self._folder = folder

    def bare(self) -> list[str]:
        """The loop that one would write."""
        self._tokenizer.padding_side = "left"
        said: list[str] = []
        for start in range(0, len(self._texts), self._settings.batch_size):
            batch = self._tokenizer(
                self._texts[start : start + self._settings.batch_size], return_tensors="pt", padding=True
            )
            with torch.inference_mode():
                ids = self._model.generate(
                    input_ids=batch["input_ids"],
                    attention_mask=batch["attention_mask"],
                    generation_config=self._config,
                )
            said += self._tokenizer.batch_decode(ids[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
        return said

    def ours(self) -> list[str]:
        """A pass, without ground truths as the others are."""
        return self._pass(self._prompts)

    def ours_with_loss(self) -> list[str]:
        """A pass that weighs each ground truth too."""
        return self._pass(self._with_truth)

    def trl(self) -> list[str]:
        """TRL's LogCompletionsCallback, its table sent nowhere."""
        arguments = TrainingArguments(
            self._folder, per_device_eval_batch_size=self._settings.batch_size, use_cpu=True, report_to=[]
        )
        data = Dataset.from_list([{"prompt": text} for text in self._texts])
        trainer = Trainer(self._model, arguments, eval_dataset=data, processing_class=self._tokenizer)
        callback = LogCompletionsCallback(trainer, self._config, freq=1)
        state = TrainerState(global_step=1)
        callback.on_step_end(arguments, state, TrainerControl(), processing_class=self._tokenizer)
        return [row[2] for row in callback.table]

    def _pass(self, prompts: Sequence[Prompt]) -> list[str]:
        return [str(each.text) for each in generate(self._model, self._tokenizer, prompts, self._settings).completions]


def main() -> None:
    """Print the table of docs/predictions.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=48)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        contest = Contest(options.prompts, options.new_tokens, options.batch_size, folder)
        ways: dict[str, Callable[[], list[str]]] = {
            "bare `generate`": contest.bare,
            "ours": contest.ours,
            "ours, with the loss of the ground truth": contest.ours_with_loss,
            "TRL's LogCompletionsCallback": contest.trl,
        }
        expected = contest.bare()  # warms up
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for number in range(options.rounds):
            order = list(ways)[number % len(ways) :] + list(ways)[: number % len(ways)]
            for name in order if number % 2 else reversed(order):
                began, began_cpu = time.perf_counter(), time.process_time()
                said = ways[name]()
                seconds[name].append((time.perf_counter() - began, time.process_time() - began_cpu))
                assert said == expected, f"{name} says something else"
    print_table(seconds)


def print_table(seconds: dict[str, list[tuple[float, float]]]) -> None:
    """The first of the ways is what the others are compared with; one thread computes, so CPU time is comparable."""
    print(HEAD)
    bare, bare_cpu = middle(next(iter(seconds.values())))
    for name, found in seconds.items():
        wall, cpu = middle(found)
        each = ", ".join(f"{one:.1f}" for one, _ in found)
        print(f"| {name} | {each} | {wall:.2f} | {cpu:.2f} | {wall / bare:.3f} | {cpu / bare_cpu:.3f} |")


def middle(found: list[tuple[float, float]]) -> tuple[float, float]:
    """Medians of the seconds and of the CPU seconds."""
    return statistics.median(wall for wall, _ in found), statistics.median(cpu for _, cpu in found)


if __name__ == "__main__":
    main()
