"""`PredictionsCallback`: answers a job's prompts while a model trains, with transformers' Trainer or TRL's."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# transformers says in part only what its functions give

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from transformers.trainer_callback import TrainerCallback, TrainerControl, TrainerState
from transformers.training_args import TrainingArguments

from settings import get_prediction_settings
from storage.records.prediction import DEFAULT_VARIANT
from tasks.predictions.prompts import Frequency
from tasks.predictions.training.moments import holds_last_step, is_due
from tasks.predictions.training.recording import Moment, Recording
from tasks.predictions.training.wanted import Wanted
from tasks.predictions.writing.sink import PredictionSink

logger = logging.getLogger(__name__)
Hooked = Any
"""The model or tokenizer as a hook is given it; their own types are unknown in part."""


class PredictionsCallback(TrainerCallback):
    """Predicts the same prompts as training goes on; each answer becomes a row of `training_predictions`.

    What is wrong with the job, its data or its settings stops at the beginning of training. After that nothing here
    stops it: what fails is logged at ERROR, stored with its reason, and summed up at the end.

    Under PREDICTIONS_ENABLED=false, and for a job that is not enabled, nothing is done.
    """

    def __init__(
        self,
        data: str | Path | None = None,
        *,
        job_id: UUID | str | None = None,
        user_id: str | None = None,
        config: Mapping[str, Any] | None = None,
        variant: str = DEFAULT_VARIANT,
        tokenizer: Hooked = None,
        at_start: bool = True,
        sink: PredictionSink | None = None,
        spool: str | Path | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            data: File of the samples; None means the one of the job.
            job_id: The job; None means JOB_ID of the environment.
            user_id: Whose it is; None means JOB_USER_ID.
            config: The job's configuration, `{"predictions": {...}}`; None means the one it was created with.
            variant: A name for these prompts and settings, where the job has been predicted with others.
            tokenizer: The model's; None means the trainer's own (`processing_class`).
            at_start: Whether the model is also predicted before its first step, as step 0.
            sink: Where rows are written; None means the database.
            spool: Folder to write to instead of the database; `evalflows predictions load` brings it there later.
        """
        self._wanted = Wanted(data, job_id, user_id, config, variant, tokenizer, at_start, sink, spool)
        self._recording: Recording | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **hooked: Hooked
    ) -> None:
        """Read the job, and predict the model as it is before training.

        Raises:
            RunRefused: The job, its data, its settings or its prompts cannot be used; one line says what to do.
        """
        if self._recording is not None:  # of a training that an error ended
            self._recording.close()
            self._recording = None
        if not get_prediction_settings().enabled:
            logger.info("no predictions are made: PREDICTIONS_ENABLED is false")
        elif state.is_world_process_zero:
            from tasks.predictions.training.starting import (
                start_recording,  # imports torch, which nothing else here does
            )

            self._recording = start_recording(self._wanted, args, state, hooked["model"], hooked["processing_class"])
        if self._recording is not None and self._wanted.at_start and state.global_step == 0:
            self._recording.predict(hooked["model"], where(state))

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **hooked: Hooked
    ) -> None:
        """Predict every so many steps, where that is asked for."""
        recording = self._recording
        if recording is not None and is_due(recording.config, state.global_step):
            recording.predict(hooked["model"], where(state))

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **hooked: Hooked
    ) -> None:
        """Predict at the end of each epoch, where that is asked for."""
        self._predict_when("epoch", state, hooked)

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **hooked: Hooked
    ) -> None:
        """Predict at each evaluation, where that is asked for."""
        self._predict_when("eval", state, hooked)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **hooked: Hooked) -> None:
        """Predict at each checkpoint, where that is asked for."""
        self._predict_when("save", state, hooked)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **hooked: Hooked
    ) -> None:
        """Predict the last step, unless a better model has taken its place; sum up."""
        recording, self._recording = self._recording, None
        if recording is None:
            return
        if holds_last_step(args, state):
            recording.predict(hooked["model"], where(state))
        elif not recording.has_predicted(state.global_step):
            best = state.best_global_step
            logger.warning("step %d is not predicted: the best model, of step %s, was loaded", state.global_step, best)
        recording.close()

    def _predict_when(self, frequency: Frequency, state: TrainerState, hooked: Mapping[str, Hooked]) -> None:
        """Predict where the job's frequency is this one."""
        if self._recording is not None and self._recording.config.sample_frequency == frequency:
            self._recording.predict(hooked["model"], where(state))


def where(state: TrainerState) -> Moment:
    """Where a training stands."""
    return Moment(step=state.global_step, epoch=state.epoch if state.global_step else 0.0)
