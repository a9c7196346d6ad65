"""`evalflows demo`: what evalflows does, seen on samples made for it."""

from importlib.util import find_spec
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.types import PositiveInt

from deployments.cli.exits import WRONG_USAGE, complain

NEEDED = ("torch", "transformers", "peft", "accelerate")
INSTALL = "pip install 'evalflows[train]' (in a checkout: .venv/bin/pip install -c constraints.txt -e '.[train]')"

app = App(name="demo", help="See what evalflows does on samples: a tiny fine-tune, watched.")


@app.command
def predictions(*, epochs: Annotated[PositiveInt, Parameter(name="--epochs")] = 14) -> int:
    """Make a tiny language model, fine-tune it with LoRA, and watch it learn a shop's answers. A minute or two.

    Args:
        epochs: How long to fine-tune.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        complain(f"the demo trains a model, and {', '.join(missing)} is not installed: {INSTALL}")
        return WRONG_USAGE
    from deployments.demo_predictions.demo import run_demo

    return run_demo(epochs)
