"""Every environment variable evalflows reads of its own, in frozen objects: EVALFLOWS_* and PREDICTIONS_*."""

import os
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, TypeAdapter, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_home() -> Path:
    """Where the embedded database and the local Prefect server live: ~/.evalflows, as root /var/lib/evalflows."""
    return Path("/var/lib/evalflows") if os.geteuid() == 0 else Path.home() / ".evalflows"


class Settings(BaseSettings):
    """Settings of one process, each read from the environment variable EVALFLOWS_<NAME>; see .env.example."""

    model_config = SettingsConfigDict(env_prefix="EVALFLOWS_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(default_factory=default_home, description="Folder of the embedded database and Prefect server.")
    database_url: SecretStr | None = Field(
        default=None, description="Postgres 14 or later to use instead of the embedded one (a libpq URL)."
    )
    database_owner_url: SecretStr | None = Field(
        default=None, description="Login that migrates, where it is not the one of EVALFLOWS_DATABASE_URL."
    )
    database_pool_size: Annotated[int, Field(ge=3)] = Field(
        default=8, description="Connections one process keeps to Postgres; a live run holds one for its lock."
    )
    database_patience_seconds: PositiveFloat = Field(
        default=60, description="How long a write waits for a database that is away before its batch fails."
    )
    postgres_start_seconds: PositiveFloat = Field(
        default=60, description="How long to wait for the embedded Postgres to start, recovery included."
    )
    server_start_seconds: PositiveFloat = Field(
        default=90, description="How long to wait for the local Prefect server to answer."
    )
    server_idle_seconds: PositiveFloat = Field(
        default=900, description="The local Prefect server stops after so long without a request."
    )
    commit_window_ms: Annotated[float, Field(ge=0)] = Field(
        default=2, description="How long finished items wait for company before they are committed together."
    )
    call_timeout_seconds: PositiveFloat = Field(default=120, description="Time-out of one model call.")
    call_attempts: PositiveInt = Field(default=5, description="How often one model call is tried.")
    call_backoff_seconds: PositiveFloat = Field(
        default=1, description="First pause before a model call is tried again."
    )
    call_backoff_max_seconds: PositiveFloat = Field(default=60, description="Longest pause between two tries.")
    retry_after_max_seconds: PositiveFloat = Field(
        default=300, description="Longest Retry-After that is waited for; a call told to wait longer has failed."
    )
    rate_limit_patience_seconds: PositiveFloat = Field(
        default=900, description="How long one call may be put off by 429 answers before it has failed."
    )
    start_concurrency: PositiveInt = Field(
        default=10, description="Calls on the wire at first; doubled each round until the ceiling or a 429."
    )
    requests_per_minute: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Most calls a minute to one model, all processes on this database together; 0: no limit."
    )
    tokens_per_minute: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="Most tokens a minute to one model, all processes on this database together; 0: no limit.",
    )
    lease_seconds: PositiveFloat = Field(
        default=10, description="How often a process agrees with the others on its share of the limits."
    )
    breaker_calls: Annotated[int, Field(ge=0)] = Field(
        default=20, description="So many calls in a row without a usable reply stop the run; 0: never."
    )
    repair_calls: Annotated[int, Field(ge=0, le=5)] = Field(
        default=1,
        description="How often a judge is shown what is wrong with an answer that does not fit, and asked again.",
    )
    prices: Path | None = Field(default=None, description="Your own prices of models, on top of those shipped (YAML).")
    temperature: Annotated[float, Field(ge=0, le=2)] = Field(
        default=0, description="Sampling temperature of judges; left out for a model that refuses it."
    )
    seed: int | None = Field(default=None, description="Seed sent with each call to the APIs that take one.")
    max_output_tokens: PositiveInt = Field(default=8192, description="Most tokens a judge may answer with.")
    local_device: str = Field(
        default="auto",
        description="Where `local:` models run: auto (a GPU where there is one), cpu, cuda, cuda:1, mps.",
    )
    local_batch_size: PositiveInt = Field(default=8, description="Most prompts a `local:` model answers at once.")
    progress_seconds: PositiveFloat = Field(
        default=2, description="How often a run writes its progress down and looks whether it is to be cancelled."
    )
    window_messages: Annotated[int, Field(ge=4)] = Field(
        default=60, description="Most messages of a thread shown to a judge in one call."
    )
    window_characters: Annotated[int, Field(ge=2000)] = Field(
        default=60_000, description="Most characters of a thread shown to a judge in one call."
    )
    window_overlap: Annotated[int, Field(ge=0)] = Field(
        default=10, description="Messages repeated from one window to the next, for context."
    )
    shard_attempts: PositiveInt = Field(
        default=3, description="How often a shard of a run is tried before the run fails."
    )
    shard_lost_seconds: PositiveFloat = Field(
        default=60, description="A shard that nobody works on has been lost when it says nothing for so long."
    )
    max_concurrency: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="Most calls on the wire to one model, all processes on this database together; 0: no limit.",
    )
    alert_block: str = Field(
        default="", description="Prefect notification block that alerts go to, as type/name: slack-webhook/team."
    )
    alert_url: SecretStr | None = Field(
        default=None, description="Incoming webhook (Slack, Mattermost, ...) that alerts are posted to as JSON text."
    )
    report_threads: PositiveInt = Field(default=2000, description="Most threads the HTML report shows, worst first.")


Money = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class PredictionSettings(BaseSettings):
    """Limits and defaults of predictions in training, each from PREDICTIONS_<NAME>; a job's own configuration wins."""

    model_config = SettingsConfigDict(env_prefix="PREDICTIONS_", frozen=True, extra="ignore", env_ignore_empty=True)

    enabled: bool = Field(default=True, description="Whether predictions are made where the job does not say.")
    default_sample_count: PositiveInt = Field(default=5, description="Samples a job predicts where it does not say.")
    max_sample_count: PositiveInt = Field(default=100, description="Most samples a job may predict.")
    default_frequency: Literal["epoch", "steps", "eval", "save"] = Field(
        default="epoch",
        description="When predictions are made: epoch, steps, eval (each evaluation), save (each save).",
    )
    min_step_interval: PositiveInt = Field(
        default=10, description="Fewest training steps from one prediction to the next, with the frequency steps."
    )
    max_length: PositiveInt = Field(default=256, description="Most tokens of one prediction.")
    avg_tokens: PositiveInt = Field(
        default=300, description="Tokens of a prompt and its prediction together, for the cost estimate."
    )
    api_default_limit: PositiveInt = Field(default=50, description="Predictions on a page where no limit is named.")
    default_cost_per_1k: Money = Field(
        default=Decimal("0.01"), description="USD for 1,000 tokens, for a model of unknown size."
    )
    cost_7b: Money = Field(default=Decimal("0.005"), description="USD for 1,000 tokens of a model of about 7B.")
    cost_13b: Money = Field(default=Decimal("0.01"), description="USD for 1,000 tokens of a model of about 13B.")
    cost_70b: Money = Field(default=Decimal("0.05"), description="USD for 1,000 tokens of a model of about 70B.")
    warn_cost_usd: Money = Field(default=Decimal("1.00"), description="A job estimated above so many USD warns.")
    batch_size: PositiveInt = Field(default=16, description="Prompts answered at once.")
    queue_rows: PositiveInt = Field(
        default=1000, description="Most predictions kept in memory where the spool cannot be written."
    )
    spool: Path | None = Field(
        default=None, description="Folder of predictions that could not be written to the database."
    )

    @property
    def spool_folder(self) -> Path:
        """Where the spool is: as set, else `spool` in EVALFLOWS_HOME."""
        return self.spool or get_settings().home / "spool"

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.default_sample_count > self.max_sample_count:
            most = f"more than PREDICTIONS_MAX_SAMPLE_COUNT={self.max_sample_count}"
            raise ValueError(f"PREDICTIONS_DEFAULT_SAMPLE_COUNT={self.default_sample_count}: {most}")
        return self


class SettingsError(Exception):
    """A variable has a value that cannot be used; the message names it."""


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once; `get_settings.cache_clear()` reads them again.

    Raises:
        SettingsError: A variable has a value that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_explain(error, "EVALFLOWS_")) from None


@lru_cache(maxsize=1)
def get_prediction_settings() -> PredictionSettings:
    """The settings of predictions, read once; `get_prediction_settings.cache_clear()` reads them again.

    With PREDICTIONS_ENABLED=false no other variable is looked at, and the rest are defaults.

    Raises:
        SettingsError: A variable has a value that cannot be used.
    """
    try:
        return PredictionSettings()
    except ValidationError as error:
        if _is_off(os.environ.get("PREDICTIONS_ENABLED", "")):
            return PredictionSettings.model_construct(enabled=False)
        raise SettingsError(_explain(error, "PREDICTIONS_")) from None


def _is_off(value: str) -> bool:
    try:
        return not TypeAdapter(bool).validate_python(value or "true")
    except ValidationError:
        return False


def _explain(error: ValidationError, prefix: str) -> str:
    first = error.errors(include_url=False)[0]
    if not first["loc"]:
        return f"{first['msg'].removeprefix('Value error, ')}; see .env.example"
    name = f"{prefix}{'_'.join(str(step) for step in first['loc']).upper()}"
    return f"{name}={first['input']!r}: {first['msg']}; see .env.example"
