"""Predictions of a training as it goes: samples that are learned one after the other, a few that fail."""

import random
from collections.abc import Sequence
from uuid import UUID

from storage.records.prediction import Prediction, TrainingJob
from tasks.predictions.metrics import score

JOB_ID = UUID("5b1f6a3e-0a64-4c65-9d1a-6f0f3f9f2c11")
JOB = TrainingJob(job_id=JOB_ID, user_id="ada", name="Shop answers, LoRA r=16", data="shop.jsonl")
ANSWERS = (
    ("When do you open?", "We open at nine in the morning, Monday to Saturday."),
    ("Can I return shoes I have worn?", "Worn shoes can be exchanged within 14 days, but not returned."),
    ("Do you ship to Norway?", "Yes, we ship to Norway; delivery takes five to seven days."),
    ("Where is my order 1182?", "Order 1182 left our warehouse on Tuesday and arrives on Friday."),
    ("How do I wash the wool coat?", "Wash the coat by hand in cold water and dry it flat."),
    ("Is the blue lamp in stock?", "The blue lamp is back in stock from the first of May."),
    ("What does gift wrapping cost?", "Gift wrapping costs three euros for each parcel."),
    ("Can I pay by invoice?", "Yes, you can pay by invoice within 30 days of delivery."),
    ("Do you have a shop in Lyon?", "Our shop in Lyon is at 12 Rue de la R\u00e9publique."),
    ("How long is the warranty?", "All lamps have a warranty of three years."),
    ("Can I change my address?", "You can change your address until the order has left our warehouse."),
    ("Is there a student discount?", "Students get ten percent off with a valid card."),
)
WORDS = ("the", "a", "our", "day", "order", "shop", "lamp", "we", "can", "not", "at", "and", "you", "is", "for", "yes")


def training_rows(steps: Sequence[int], samples: int = 12, steps_an_epoch: int = 40) -> list[Prediction]:
    """Rows by step and sample; the later the step, the fewer words are wrong."""
    draw, end = random.Random(7), max(steps) or 1
    return [
        row(step, index, min(1.0, 1.25 * step / end), draw, steps_an_epoch)
        for step in steps
        for index in range(samples)
    ]


def row(step: int, index: int, learned: float, draw: random.Random, steps_an_epoch: int) -> Prediction:
    """One sample at one step."""
    question, truth = ANSWERS[index % len(ANSWERS)]
    easy = min(1.0, learned * (0.75 + 0.6 * ((index * 5) % 12) / 12)) if learned < 0.9 or index % 4 else 1.0
    words = [word if draw.random() < easy**0.6 else draw.choice(WORDS) for word in truth.split()]
    said = " ".join(words) if learned > 0.05 else " ".join(draw.choices(WORDS[:5], k=24))
    failed = index == 3 and 0.2 < learned < 0.35
    return Prediction(
        job_id=JOB_ID,
        step=step,
        sample_index=index,
        sample_id=f"{index:064x}",
        epoch=step / steps_an_epoch,
        prompt=f"<|user|>\n{question}\n<|assistant|>\n",
        ground_truth=truth,
        prediction=None if failed else said,
        failure="OutOfMemoryError: the batch of this prompt" if failed else None,
        truncated=learned <= 0.05,
        metrics={} if failed else {**score(said, truth), "truth_loss": 3.2 * (1 - easy) ** 2 + 0.05 * draw.random()},
        dtype="bfloat16 autocast over float32",
    )
