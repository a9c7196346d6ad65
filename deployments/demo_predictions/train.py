"""A training script to read: LoRA with transformers and peft, and one line that has it watched by evalflows.

Run it through a job, which tells the callback where its rows belong:

    evalflows jobs exec JOB_ID -- python -m deployments.demo_predictions.train --base BASE --data DATA --output OUT
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# transformers and peft say in part only what their functions give

import argparse
import logging
from pathlib import Path
from typing import Any

import orjson
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForSeq2Seq, Trainer, TrainingArguments
from transformers.utils.logging import disable_progress_bar

from tasks.predictions.callback import PredictionsCallback

IGNORED = -100
"""The label of a token that is not learned from."""


def main() -> None:
    """Read the arguments, and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="folder of the model and its tokenizer")
    parser.add_argument("--data", type=Path, required=True, help="JSON lines with chat messages")
    parser.add_argument("--output", type=Path, required=True, help="folder of the checkpoints")
    parser.add_argument("--epochs", type=int, default=14)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    logging.getLogger("tasks.predictions").setLevel(logging.INFO)  # a line for each pass of predictions
    disable_progress_bar()
    torch.set_num_threads(1)  # a model this small is slower on more: they wait for each other at every step
    train(asked.base, asked.data, asked.output, asked.epochs)


def train(base: Path, data: Path, output: Path, epochs: int) -> None:
    """Fine-tune the base on the conversations; the callback predicts before the first step and after each epoch."""
    tokenizer: Any = AutoTokenizer.from_pretrained(base)
    lora = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    model: Any = get_peft_model(AutoModelForCausalLM.from_pretrained(base), lora)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(output),
            num_train_epochs=epochs,
            per_device_train_batch_size=5,
            learning_rate=5e-3,
            warmup_steps=10,
            lr_scheduler_type="linear",
            save_strategy="epoch",
            save_only_model=True,
            logging_strategy="epoch",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            seed=0,
        ),
        train_dataset=examples_of(tokenizer, data),
        data_collator=DataCollatorForSeq2Seq(tokenizer, padding=True, label_pad_token_id=IGNORED),
        processing_class=tokenizer,
        callbacks=[PredictionsCallback()],
    )
    trainer.train()


def examples_of(tokenizer: Any, data: Path) -> Any:  # noqa: ANN401
    """Tokens and labels of each conversation: the last answer is learned, what comes before it is not."""
    examples: list[dict[str, list[int]]] = []
    for line in data.read_bytes().splitlines():
        *before, answer = orjson.loads(line)["messages"]
        asked = tokenizer.apply_chat_template(before, add_generation_prompt=True, tokenize=False)
        prompt = tokenizer(asked, add_special_tokens=False)["input_ids"]
        truth = tokenizer(answer["content"] + tokenizer.eos_token, add_special_tokens=False)["input_ids"]
        examples.append({"input_ids": prompt + truth, "labels": [IGNORED] * len(prompt) + truth})
    return examples


if __name__ == "__main__":
    main()
