"""When during a training predictions are made, and how many passes that will be."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import TYPE_CHECKING

from tasks.predictions.config.job_config import PredictionsConfig

if TYPE_CHECKING:
    from transformers import TrainerState, TrainingArguments


def is_due(config: PredictionsConfig, step: int) -> bool:
    """Whether a training that has just done a step is to be predicted for that alone."""
    return config.sample_frequency == "steps" and step % config.step_interval == 0


def planned_passes(
    config: PredictionsConfig, args: "TrainingArguments", state: "TrainerState", at_start: bool
) -> int | None:
    """How many passes the whole training has, the first before it and the one at its end included.

    Returns:
        None where only training shows it: predictions at each save, and saves at each improvement.
    """
    regular = _regular_steps(config, args, state)
    if regular is None:
        return None
    return len({*regular, *([0] if at_start else []), state.max_steps})


def never_comes(config: PredictionsConfig, args: "TrainingArguments") -> str | None:
    """Why the moment the job asks for will not come in this training, in one line; None where it will."""
    for frequency, strategy in (("eval", "eval_strategy"), ("save", "save_strategy")):
        if config.sample_frequency == frequency and getattr(args, strategy) == "no":
            return f"sample_frequency is {frequency!r} and {strategy} is 'no'"
    return None


def holds_last_step(args: "TrainingArguments", state: "TrainerState") -> bool:
    """Whether the model at the end of training is that of the last step, not an earlier one that was better."""
    was_replaced = args.load_best_model_at_end and state.best_model_checkpoint is not None
    return not was_replaced or state.best_global_step == state.global_step


def _regular_steps(
    config: PredictionsConfig, args: "TrainingArguments", state: "TrainerState"
) -> range | set[int] | None:
    """The steps at which the job's frequency predicts."""
    frequency, last = config.sample_frequency, state.max_steps
    if frequency == "steps":
        return range(config.step_interval, last + 1, config.step_interval)
    strategy = {"epoch": "epoch", "eval": args.eval_strategy, "save": args.save_strategy}[frequency]
    if strategy == "epoch":
        epochs = max(int(state.num_train_epochs), 1)
        return {round(last * epoch / epochs) for epoch in range(1, epochs + 1)}
    if strategy == "no":
        return set()
    interval = int((state.eval_steps if frequency == "eval" else state.save_steps) or 0)
    return range(interval, last + 1, interval) if strategy == "steps" and interval > 0 else None
