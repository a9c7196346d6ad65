"""Every environment variable evalflows reads of its own, in one frozen object."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, ValidationError
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
        first = error.errors(include_url=False)[0]
        name = f"EVALFLOWS_{'_'.join(str(step) for step in first['loc']).upper()}"
        raise SettingsError(f"{name}={first['input']!r}: {first['msg']}; see .env.example") from None
