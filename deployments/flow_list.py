"""The flows there are, by name: one line makes a flow runnable, queueable, listed and deployed."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect.flows import Flow

FLOWS: dict[str, str] = {
    "evaluate-threads": "flows.evaluate_threads:evaluate_threads",
    "nightly": "flows.nightly:nightly",
    "predict-checkpoints": "flows.predict_checkpoints:predict_checkpoints",
}


def load_flow(name: str) -> "Flow[..., Any]":
    """Import the flow of this name."""
    module, _, attribute = FLOWS[name].partition(":")
    flow: Flow[..., Any] = getattr(import_module(module), attribute)
    return flow
