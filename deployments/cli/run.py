"""`evalflows run FLOW`: run a flow in this process, go on with a run, or queue it for a worker."""

import asyncio
import inspect
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from prefect.flows import Flow

from deployments.cli.exits import DONE, FAILED, INTERRUPTED, WRONG_USAGE, complain
from deployments.cli.flow_options import RunOptions, parse_run_options
from deployments.flow_list import FLOWS, load_flow
from deployments.local.stack import use_api
from settings import get_settings

app = App(name="run", help="Run a flow.", help_flags=[], version_flags=[])


@app.default
def run(*tokens: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """Run a flow, go on with a run, or queue one; the options are the flow's own."""
    if not tokens or tokens[0] not in FLOWS:
        flows = ", ".join(FLOWS)
        if tokens and not tokens[0].startswith("-"):
            complain(f"there is no flow {tokens[0]!r}: use one of {flows}")
            return WRONG_USAGE
        print(
            f"usage: evalflows run FLOW [--parameter value ...]\nflows: {flows}\nevalflows run FLOW --help: its options"
        )
        return DONE if tokens else WRONG_USAGE
    name, rest = tokens[0], list(tokens[1:])
    settings = get_settings()
    use_api(settings)
    flow = load_flow(name)
    options = parse_run_options(flow, name, rest)
    if options is None:
        return DONE
    return _start(flow, options)


def _start(flow: Flow[..., Any], options: RunOptions) -> int:
    if options.queue and options.resume:
        complain("--queue and --resume do not go together: a resumed run goes on in this process")
        return WRONG_USAGE
    if not options.resume:
        for name, parameter in inspect.signature(flow.fn).parameters.items():
            if parameter.default is inspect.Parameter.empty and not options.parameters.get(name):
                complain(f"--{name} is missing: see 'evalflows run {flow.name} --help'")
                return WRONG_USAGE
        flow.validate_parameters(options.parameters)
    if options.queue:
        from deployments.cli.queue import queue_run

        return asyncio.run(queue_run(flow, options))
    return _execute(flow, options)


def _execute(flow: Flow[..., Any], options: RunOptions) -> int:
    from deployments.cli.execute import Execution
    from deployments.cli.outcome import print_outcome

    execution = Execution(flow, options)
    try:
        error = asyncio.run(execution.run())
        interrupted = False
    except (KeyboardInterrupt, asyncio.CancelledError):
        error, interrupted = None, True
    run_id = execution.run_id
    if run_id is None:
        return INTERRUPTED if interrupted else FAILED
    if error is not None and execution.refused:
        complain(str(error))
        return WRONG_USAGE
    record = print_outcome(run_id, as_json=options.json, error=error)
    if interrupted or (record and record.status == "cancelled"):
        complain(f"stopped; go on with: evalflows run {flow.name} --resume {run_id}")
        return INTERRUPTED
    if record is None or record.status in ("failed", "crashed"):
        return FAILED
    if options.html:
        from deployments.cli.export import write_html

        written = write_html(run_id, Path(options.html))
        print(f"report: {written.path}", file=sys.stderr)
    return DONE
