"""The options of `evalflows run FLOW`, made from the flow's signature and docstring."""

import inspect
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints

from cyclopts import App, Parameter
from prefect.flows import Flow


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
    app = App(name=f"evalflows run {name}", version_flags=[])
    app.default(_command(flow))
    command, bound, _ = app.parse_args(tokens, exit_on_error=False, print_error=False)
    if command.__name__ != "run_flow":
        command(*bound.args, **bound.kwargs)
        return None
    given = dict(bound.arguments)
    extras = {key: given.pop(key, default) for key, default in (("resume", ""), ("queue", False), ("json", False))}
    return RunOptions(parameters=given, html=given.pop("html", ""), **extras)


def _command(flow: Flow[..., Any]) -> Any:  # noqa: ANN401
    """A function with the flow's parameters as keyword options, and our own beside them."""
    hints = get_type_hints(flow.fn, include_extras=True)
    parameters = [
        parameter.replace(
            kind=inspect.Parameter.KEYWORD_ONLY,
            annotation=_annotation(hints[name]),
            default="" if parameter.default is inspect.Parameter.empty else parameter.default,
        )
        for name, parameter in inspect.signature(flow.fn).parameters.items()
    ]
    for name, kind, default in (("resume", str, ""), ("queue", bool, False), ("json", bool, False), ("html", str, "")):
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=Annotated[kind, Parameter(negative="")],
                default=default,
            )
        )

    def run_flow(**_: object) -> None: ...

    run_flow.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    run_flow.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    doc = (flow.fn.__doc__ or "").partition("\n    Returns:")[0]
    run_flow.__doc__ = inspect.cleandoc(doc.rstrip() + "\n    " + EXTRA_DOCS)
    return run_flow


def _annotation(hint: Any) -> Any:  # noqa: ANN401
    """Lists take their values one after the other; switches have no --no- form."""
    bare = getattr(hint, "__origin__", None)
    if bare is list:
        return Annotated[hint, Parameter(consume_multiple=True, negative="")]
    return Annotated[hint, Parameter(negative="")] if hint is bool else hint
