"""`evalflows run FLOW`: run a flow in this process, go on with a run, or queue it for a worker."""

import asyncio
import gc
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from deployments.cli.exits import DONE, FAILED, INTERRUPTED, WRONG_USAGE, complain
from deployments.flow_list import FLOWS, load_flow
from deployments.local.stack import use_api
from settings import get_settings
from tasks.errors import RunRefused

if TYPE_CHECKING:
    from prefect.flows import Flow

    from deployments.cli.flow_options import RunOptions

app = App(name="run", help="Run a flow.", help_flags=[], version_flags=[])

USAGE = """Usage: evalflows run FLOW [--parameter value ...] [--resume RUN_ID] [--queue] [--json]

Run a flow in this process, go on with a run that stopped, or queue one for a worker.

Flows: {flows}
Options of a flow: evalflows run FLOW --help"""


@app.default
def run(*tokens: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """Run a flow, go on with a run, or queue one; the options are the flow's own."""
    flows = ", ".join(FLOWS)
    if tokens and tokens[0] in ("--help", "-h"):
        print(USAGE.format(flows=flows))
        return DONE
    if not tokens or tokens[0].startswith("-"):
        raise RunRefused(f"name a flow, as in: evalflows run FLOW --help (flows: {flows})")
    if tokens[0] not in FLOWS:
        raise RunRefused(f"there is no flow {tokens[0]!r}: use one of {flows}")

    gc.disable()  # what is imported stays: looking through it again and again takes a seventh of the start-up time
    from deployments.cli.flow_options import parse_run_options

    flow = load_flow(tokens[0])
    options = parse_run_options(flow, tokens[0], list(tokens[1:]))
    if options is None:
        return DONE
    refuse_incomplete(flow, options)
    use_api(get_settings())
    if options.queue:
        from deployments.cli.queue import queue_run

        return asyncio.run(queue_run(flow, options))
    return _execute(flow, options)


def refuse_incomplete(flow: "Flow[..., Any]", options: "RunOptions") -> None:
    """Stop before anything is started where the options cannot be right.

    Raises:
        RunRefused: A parameter is missing, or options do not go together.
    """
    if options.queue and options.resume:
        raise RunRefused("--queue and --resume do not go together: a resumed run goes on in this process")
    if options.queue and options.html:
        raise RunRefused("--queue and --html do not go together: export the report when the run is done")
    if options.resume:
        return
    for name, parameter in inspect.signature(flow.fn).parameters.items():
        if parameter.default is inspect.Parameter.empty and not options.parameters.get(name):
            raise RunRefused(f"--{name} is missing: see 'evalflows run {flow.name} --help'")
    flow.validate_parameters(options.parameters)


def _execute(flow: "Flow[..., Any]", options: "RunOptions") -> int:
    from deployments.cli.execute import Execution
    from deployments.cli.outcome import print_outcome

    gc.freeze()
    gc.enable()
    execution = Execution(flow, options)
    try:
        error = asyncio.run(execution.run())
        interrupted = False
    except (KeyboardInterrupt, asyncio.CancelledError):
        error, interrupted = None, True
    run_id = execution.run_id
    if error is not None and execution.refused:
        complain(str(error))
        return WRONG_USAGE
    record = print_outcome(run_id, as_json=options.json, error=error, interrupted=interrupted)
    if interrupted or (record and record.status == "cancelled"):
        if record is not None:
            complain(f"stopped; go on with: evalflows run {flow.name} --resume {run_id}")
        return INTERRUPTED
    if record is None or record.status in ("failed", "crashed"):
        return FAILED
    if options.html:
        from deployments.cli.export import write_html

        written = write_html(record.id, Path(options.html))
        print(f"report: {written.path}", file=sys.stderr)
    return DONE
