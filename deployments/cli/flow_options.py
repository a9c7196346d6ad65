"""The options of `evalflows run FLOW`, made from the flow's signature and docstring."""

import inspect
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints

from cyclopts import App, Group, Parameter
from prefect.flows import Flow

from deployments.cli.appearance import OPTIONS

PARAMETERS = Group("Parameters of the flow", sort_key=0)
OURS = Group("This command", sort_key=1)
ANSWERS = ("yes", "no", "true", "false")
EXTRAS: dict[str, tuple[type, Any, str]] = {
    "resume": (str, "", "RUN_ID"),
    "queue": (bool, False, ""),
    "json": (bool, False, ""),
    "html": (str, "", "FILE"),
}


@dataclass(frozen=True)
class RunOptions:
    """What the user asked for.

    Attributes:
        parameters: Flow parameters the user gave; those left out are not here.
        resume: Id of a run to go on with; empty for a new run.
        queue: Hand the run to the deployment.
        json: Print one JSON object as the last line.
        html: Write the HTML report to this file; empty for none.
    """

    parameters: dict[str, Any]
    resume: str
    queue: bool
    json: bool
    html: str


EXTRA_DOCS = """    resume: Go on with the run of this id; its settings are those it was started with.
        queue: Hand the run to the deployment instead of running it in this process.
        json: Print the result as one JSON object on the last line.
        html: Also write the HTML report to this file."""


def parse_run_options(flow: Flow[..., Any], name: str, tokens: list[str]) -> RunOptions | None:
    """Parse the options of one flow; None when only help was asked for.

    Raises:
        CycloptsError: An option is unknown or has a bad value.
    """
    required = " ".join(f"--{option} {option.upper()}" for option in _required(flow))
    usage = f"Usage: evalflows run {name} {required} [OPTIONS]"
    app = App(name=f"evalflows run {name}", usage=usage, version_flags=[], default_parameter=OPTIONS)
    app["--help"].show = False
    app.default(_command(flow))
    said = spelt_out(tokens, _yes_or_no(flow))
    command, bound, _ = app.parse_args(said, exit_on_error=False, print_error=False)
    if command.__name__ != "run_flow":
        command(*bound.args, **bound.kwargs)
        return None
    given = dict(bound.arguments)
    extras = {name: given.pop(name, default) for name, (_, default, _) in EXTRAS.items()}
    return RunOptions(parameters=given, **extras)


def _yes_or_no(flow: Flow[..., Any]) -> set[str]:
    """The options of the flow's parameters that are true or false."""
    hints = get_type_hints(flow.fn)
    return {f"--{name.replace('_', '-')}" for name, hint in hints.items() if hint is bool and name != "return"}


def spelt_out(tokens: Iterable[str], yes_or_no: Collection[str]) -> list[str]:
    """The tokens with each of these options spelt one way: `--strict no` and `--no-strict` as `--strict=no`."""
    said: list[str] = []
    for token in tokens:
        positive = token.replace("--no-", "--", 1)
        if said and said[-1] in yes_or_no and token.lower() in ANSWERS:
            said[-1] += f"={token}"
        elif token.startswith("--no-") and positive in yes_or_no:
            said.append(f"{positive}=no")
        else:
            said.append(token)
    return said


def _required(flow: Flow[..., Any]) -> list[str]:
    parameters = inspect.signature(flow.fn).parameters.items()
    return [name for name, parameter in parameters if parameter.default is inspect.Parameter.empty]


def _command(flow: Flow[..., Any]) -> Any:  # noqa: ANN401
    """A function with the flow's parameters as keyword options, and our own beside them."""
    hints = get_type_hints(flow.fn, include_extras=True)
    parameters = [
        parameter.replace(
            kind=inspect.Parameter.KEYWORD_ONLY,
            annotation=_annotation(name, hints[name]),
            default="" if parameter.default is inspect.Parameter.empty else parameter.default,
        )
        for name, parameter in inspect.signature(flow.fn).parameters.items()
    ]
    for name, (kind, default, metavar) in EXTRAS.items():
        annotation = Annotated[kind, Parameter(group=OURS, metavar=metavar or None)]
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        )

    def run_flow(**_: object) -> None: ...

    run_flow.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    run_flow.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    doc = (flow.fn.__doc__ or "").partition("\n    Returns:")[0]
    for name in _required(flow):
        doc = re.sub(rf"(\n\s+{name}:) ", r"\1 Required, unless a run is resumed. ", doc)
    run_flow.__doc__ = inspect.cleandoc(doc.rstrip() + "\n    " + EXTRA_DOCS)
    return run_flow


def _annotation(name: str, hint: Any) -> Any:  # noqa: ANN401
    """Lists take their values one after the other; a text is named by its option in help."""
    is_list = getattr(hint, "__origin__", None) is list
    is_text = hint in (str, list[str])
    metavar = f"{name.upper().removesuffix('S')}..." if is_list else name.upper()
    return Annotated[
        hint, Parameter(group=PARAMETERS, consume_multiple=is_list or None, metavar=metavar if is_text else None)
    ]
