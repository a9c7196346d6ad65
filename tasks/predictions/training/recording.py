"""The predictions of one training while it goes on: passes become rows, and what came of all of them is summed up."""

import atexit
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.predictions.config.cost import time_line
from tasks.predictions.job import JobSetup
from tasks.predictions.metrics import score
from tasks.predictions.passes import failed_pass, missing_prompts, rows_of
from tasks.predictions.prompts import PassResult, Prompt
from tasks.predictions.training.destination import Destination

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)
ANOTHER = "only steps without are predicted; another variant or job holds them all"


@dataclass(frozen=True)
class Moment:
    """Where a training stands.

    Attributes:
        step: Optimizer steps done.
        epoch: Epochs done; None where it is not known.
    """

    step: int
    epoch: float | None


@dataclass
class Tally:
    """What came of the passes so far."""

    passes: int = 0
    stored_before: int = 0
    lost: int = 0
    rows: int = 0
    failures: int = 0
    first_failure: str = ""


class Recording:
    """One training's predictions; no method raises an `Exception`, since training is worth more."""

    def __init__(
        self,
        setup: JobSetup,
        prompts: Sequence[Prompt],
        tokenizer: Any,  # noqa: ANN401 whose own types are unknown in part
        destination: Destination,
        autocast_dtype: "torch.dtype | None",
        planned_passes: int | None,
        others_wait_seconds: float | None,
    ) -> None:
        """Nothing is predicted yet.

        Args:
            setup: Of the job.
            prompts: To be answered at each pass.
            tokenizer: The model's.
            destination: Where rows go; closed by `close`.
            autocast_dtype: The precision that training computes in; None where it is the weights' own.
            planned_passes: Of the whole training; None where it is not known.
            others_wait_seconds: How long the other processes of the training wait for this one before they give up;
                None where there are none.
        """
        self.config = setup.config
        self._setup = setup
        self._prompts = tuple(prompts)
        self._tokenizer = tokenizer
        self._destination = destination
        self._autocast_dtype = autocast_dtype
        self._planned_passes = planned_passes
        self._others_wait_seconds = others_wait_seconds
        self._last_step: int | None = None
        self._tally = Tally()
        atexit.register(self.close)  # an error that ends training does not call `on_train_end`

    def predict(self, model: Any, moment: Moment) -> None:  # noqa: ANN401 whose own types are unknown in part
        """Answer the prompts at a step, unless that has been done; whatever fails is logged at ERROR and stored."""
        if moment.step == self._last_step:
            return
        self._last_step = moment.step
        try:
            asked, answered = self._missing(moment.step)
            if asked:
                self._record(moment, asked, answered, self._answers(model, asked))
        except Exception:  # whatever it is, training goes on
            self._tally.lost += 1
            logger.error("step %d: its predictions are lost; training goes on", moment.step, exc_info=True)

    def has_predicted(self, step: int) -> bool:
        """Whether the last pass was at this step."""
        return step == self._last_step

    def close(self) -> None:
        """Write what is waiting, and say in one line what came of all passes."""
        atexit.unregister(self.close)
        try:
            where = self._destination.close()
        except Exception:  # whatever it is, training has ended well
            self._tally.lost += 1
            logger.error("not all predictions may have been written", exc_info=True)
            where = "see the error above"
        tally, job = self._tally, self._setup.job.job_id
        counts = f"{tally.passes} passes, {tally.rows} rows, {tally.failures} of them failed"
        if tally.stored_before:
            counts += f"; {tally.stored_before} steps had been predicted before"
        if tally.lost:
            counts += f"; {tally.lost} steps have lost theirs, see the errors above"
        if tally.first_failure:
            counts += f" (the first: {tally.first_failure})"
        line = f"predictions of job {job}, variant {self._setup.variant}: {counts}; {where}"
        if tally.lost or tally.failures:
            logger.error(line)
        else:
            say(line)

    def _missing(self, step: int) -> tuple[tuple[Prompt, ...], set[tuple[int, int]]]:
        """The prompts to ask at a step, and what it has answers of already."""
        answered = self._destination.answered(step)
        asked = missing_prompts(self._prompts, self._setup.config.repeats, answered)
        if not asked:
            self._tally.stored_before += 1
            if step == 0:
                logger.warning("the job has predictions of an earlier training, which stay: %s", ANOTHER)
            logger.info("step %d: its predictions are stored already, and stay", step)
        return asked, answered

    def _answers(self, model: Any, asked: Sequence[Prompt]) -> PassResult:  # noqa: ANN401
        """What the model says; a pass that failed as a whole has a reason at each prompt."""
        from tasks.predictions.generation.batches import reason_of
        from tasks.predictions.generation.generate import GenerationFailed, generate

        settings = self._setup.config.generation()
        if all(prompt.failure is not None for prompt in asked):
            return failed_pass(asked, settings)
        try:
            return generate(model, self._tokenizer, asked, settings, autocast_dtype=self._autocast_dtype)
        except GenerationFailed as failed:  # who raises it has logged why
            return failed.result
        except Exception as error:  # whatever it is, it is stored with its reason
            logger.error("no prompt could be asked", exc_info=True)
            return failed_pass(asked, settings, reason_of(error))

    def _record(
        self, moment: Moment, asked: Sequence[Prompt], answered: set[tuple[int, int]], result: PassResult
    ) -> None:
        """Hand over the rows of a pass, and count them."""
        job, settings = self._setup.job, self._setup.config.generation()
        made = rows_of(job.job_id, self._setup.variant, moment.step, moment.epoch, asked, result, settings, score)
        rows = [row for row in made if (row.sample_index, row.repeat) not in answered]
        self._destination.put(rows)
        failures = [row.failure for row in rows if row.failure is not None]
        self._tally.passes += any(prompt.failure is None for prompt in asked)
        self._tally.rows += len(rows)
        self._tally.failures += len(failures)
        self._tally.first_failure = self._tally.first_failure or (
            f"step {moment.step}: {failures[0]}" if failures else ""
        )
        if result.seconds and self._tally.passes == 1:
            say(time_line(result.seconds, self._planned_passes))
        if warning := waiting_warning(result.seconds, self._others_wait_seconds):
            logger.warning("step %d: %s", moment.step, warning)


def waiting_warning(pass_seconds: float, others_wait_seconds: float | None) -> str | None:
    """What to do about a pass so long that one twice as long would end training; None where there is nothing to do.

    Args:
        pass_seconds: How long the pass took.
        others_wait_seconds: How long the other processes wait for this one; None where there are none.
    """
    if others_wait_seconds is None or 2 * pass_seconds < others_wait_seconds:
        return None
    limit = f"give up after {others_wait_seconds:g} s (ddp_timeout), which ends training"
    return f"the other processes waited {pass_seconds:.0f} s; they {limit}: ask fewer samples, or allow more time"


def say(line: str) -> None:
    """Log a line that is to be seen also where nobody has set logging up, as in most training scripts."""
    logger.info(line)
    if not logger.isEnabledFor(logging.INFO):
        print(line, file=sys.stderr)
