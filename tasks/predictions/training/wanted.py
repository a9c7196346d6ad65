"""What `PredictionsCallback` is asked for, kept until training begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from tasks.predictions.writing.sink import PredictionSink


@dataclass(frozen=True)
class Wanted:
    """What `PredictionsCallback` was given; see there."""

    data: str | Path | None
    job_id: UUID | str | None
    user_id: str | None
    config: Mapping[str, Any] | None
    variant: str
    tokenizer: Any
    at_start: bool
    sink: PredictionSink | None
    spool: str | Path | None
