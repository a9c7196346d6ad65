"""A training job, and what its model said at one step of training."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from storage.records.base import Record

DEFAULT_VARIANT = "default"


class TrainingJob(Record):
    """One row of `training_jobs`.

    Attributes:
        user_id: Whose it is: nobody else sees it or its predictions.
        data: Path of the data set on the host where the job was made.
        config: What the user set, `predictions` among it; validated when the job was created.
        created_at: None for a job that is not stored yet.
        started_at: When a training of it was started last; None before the first.
        finished_at: When that training ended; None until it has.
        exit_code: Of that training; None until it has ended.
    """

    job_id: UUID
    user_id: str
    name: str
    data: str
    config: dict[str, Any] = Field(default_factory=dict)
    created_at: AwareDatetime | None = None
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    exit_code: int | None = None


class Variant(Record):
    """The prompts and settings that the predictions of one variant of a job are made with: pinned by the first.

    Attributes:
        prompts_hash: SHA-256 (hex) over the prompts and ground truths, in order.
        settings_hash: SHA-256 (hex) over what else changes what is generated.
        settings: What that is, to be shown where it differs.
    """

    job_id: UUID
    variant: str = DEFAULT_VARIANT
    prompts_hash: str
    settings_hash: str
    settings: dict[str, Any]

    def is_made_like(self, other: "Variant") -> bool:
        """Whether predictions of both can be compared: their prompts and settings are the same."""
        return (self.prompts_hash, self.settings_hash) == (other.prompts_hash, other.settings_hash)


class Prediction(Record):
    """One row of `training_predictions`: one sample, answered once at one step. Rows never change.

    Attributes:
        step: Optimizer steps done (`TrainerState.global_step`), from 0.
        sample_index: From 0, the sample's place among the job's prompts.
        repeat: From 0; which repeat of the same prompt, each with its own seed.
        sample_id: SHA-256 (hex) of the sample's content: the same wherever it stands in the file.
        epoch: Epochs done; None where it is not known.
        prompt: As the model was given it, its chat template applied.
        ground_truth: What the data says the answer is; None where it does not.
        prediction: What the model said, special tokens left out; None where it could not be asked.
        failure: Why there is no prediction, in one line; None where there is one.
        truncated: Whether it was stopped by the limit of tokens.
        metrics: By name; None where the metric does not apply.
        seed: Of the random numbers it was drawn with; None for greedy.
        adapter_hash: SHA-256 (hex) of the adapter's weights; None for a full model or one behind a server.
        base_revision: What the base model says of itself: its path or name, and its commit where it has one.
        template_hash: SHA-256 (hex) of the chat template; None where there is none.
        dtype: The precision it was computed in, as `bfloat16 autocast over float32`.
        generation: The settings: most new tokens, sampling, batch size, backend.
        tokens_in: Tokens of the prompt.
        tokens_out: Tokens of the prediction, the one that ends it included.
        latency_seconds: How long its batch took; samples of one batch share it.
        created_at: None for a row that is not stored yet.
    """

    job_id: UUID
    step: int = Field(ge=0)
    sample_index: int = Field(ge=0)
    variant: str = DEFAULT_VARIANT
    repeat: int = Field(default=0, ge=0)
    sample_id: str
    epoch: float | None = None
    prompt: str
    ground_truth: str | None = None
    prediction: str | None = None
    failure: str | None = None
    truncated: bool = False
    metrics: dict[str, float | None] = Field(default_factory=dict)
    seed: int | None = None
    adapter_hash: str | None = None
    base_revision: str | None = None
    template_hash: str | None = None
    dtype: str
    generation: dict[str, Any] = Field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    latency_seconds: float | None = None
    created_at: AwareDatetime | None = None
