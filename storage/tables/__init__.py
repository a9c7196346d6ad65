"""The tables, one file per subject; `Base.metadata` is what migrations are compared with."""

from storage.tables.api_logs import ApiLogRow
from storage.tables.base import Base
from storage.tables.budgets import RunBudgetRow
from storage.tables.evaluations import ThreadEvaluationRow
from storage.tables.leases import RateLeaseRow
from storage.tables.nights import NightRow, NightSuiteRow
from storage.tables.predictions import (
    JobTokenRow,
    PairwiseVerdictRow,
    TrainingJobRow,
    TrainingPredictionRow,
    TrainingVariantRow,
)
from storage.tables.runs import EvalRunRow, RunThreadRow
from storage.tables.shards import RunShardRow
from storage.tables.threads import ThreadRow

__all__ = [
    "ApiLogRow",
    "Base",
    "EvalRunRow",
    "JobTokenRow",
    "NightRow",
    "NightSuiteRow",
    "PairwiseVerdictRow",
    "RateLeaseRow",
    "RunBudgetRow",
    "RunShardRow",
    "RunThreadRow",
    "ThreadEvaluationRow",
    "ThreadRow",
    "TrainingJobRow",
    "TrainingPredictionRow",
    "TrainingVariantRow",
]
