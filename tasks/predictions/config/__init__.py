"""What a job says of its predictions, held against the limits, and what that will cost."""

from tasks.predictions.config.cost import CostEstimate, estimate_cost, time_line
from tasks.predictions.config.expected import Training, expected_passes
from tasks.predictions.config.job_config import ConfigError, PredictionsConfig, read_config

__all__ = [
    "ConfigError",
    "CostEstimate",
    "PredictionsConfig",
    "Training",
    "estimate_cost",
    "expected_passes",
    "read_config",
    "time_line",
]
