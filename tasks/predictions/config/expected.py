"""How many passes of predictions a training will make, from what is known of it before it starts."""

from dataclasses import dataclass
from math import ceil

from tasks.predictions.config.job_config import PredictionsConfig


@dataclass(frozen=True)
class Training:
    """What is known of a training; None is what is not.

    Attributes:
        epochs: Times the whole data set is gone through.
        max_steps: Optimizer steps; where it is known the training ends there, as transformers does it.
        rows: Of the data set trained on.
        rows_per_step: Of all devices together, gradient accumulation included.
        every_steps: Steps from one evaluation, or save, to the next: for these frequencies.
    """

    epochs: float | None = None
    max_steps: int | None = None
    rows: int | None = None
    rows_per_step: int | None = None
    every_steps: int | None = None


def expected_passes(config: PredictionsConfig, training: Training) -> int | None:
    """How often all samples will be predicted; None where what is known does not say."""
    match config.sample_frequency:
        case "epoch":
            return _epochs(training)
        case "steps":
            return _times(_steps(training), config.step_interval)
        case "eval" | "save":
            return _times(_steps(training), training.every_steps)


def _steps_an_epoch(training: Training) -> int | None:
    if training.rows and training.rows_per_step:
        return ceil(training.rows / training.rows_per_step)
    return None


def _steps(training: Training) -> int | None:
    if training.max_steps:
        return training.max_steps
    an_epoch = _steps_an_epoch(training)
    return None if an_epoch is None or training.epochs is None else ceil(an_epoch * training.epochs)


def _epochs(training: Training) -> int | None:
    if training.max_steps:
        an_epoch = _steps_an_epoch(training)
        return None if an_epoch is None else ceil(training.max_steps / an_epoch)
    return None if training.epochs is None else ceil(training.epochs)


def _times(steps: int | None, interval: int | None) -> int | None:
    return None if steps is None or not interval else steps // interval
