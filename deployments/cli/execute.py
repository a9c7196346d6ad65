"""Run one flow in this process, under a flow run that is made first, so that its id is known from the start."""

import logging
import os
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.flow_engine import run_flow_async
from prefect.flows import Flow
from prefect.logging.handlers import PrefectConsoleHandler
from prefect.settings import PREFECT_API_URL
from prefect.states import Pending

from deployments.cli.bar import show_progress
from deployments.cli.exits import is_users_error
from deployments.cli.flow_options import RunOptions
from deployments.cli.kept_server import server_kept
from deployments.lost_runs import find_as_it_is
from settings import get_settings
from storage.records import Run
from tasks.errors import RunRefused
from tasks.resume import MAY_CHANGE

PREFECTS_OWN = ("prefect", "EventsWorker")


class Execution:
    """One call of a flow from the command line.

    Attributes:
        run_id: The run's id; None until it is known.
        refused: True when the run stopped for something the user is to mend.
    """

    def __init__(self, flow: Flow[..., Any], options: RunOptions) -> None:
        """Nothing is started yet."""
        self._flow = flow
        self._options = options
        self.run_id: UUID | None = None
        self.refused = False

    async def run(self) -> Exception | None:
        """Run the flow to its end; returns the error it ended in, None when it ended well."""
        quiet_prefect()
        try:
            async with get_client() as client:
                flow_run, parameters = await self._flow_run(client)
        except httpx.TransportError as error:
            raise RunRefused(unreachable(error)) from error
        self.run_id = flow_run.id
        try:
            shown = show_progress(flow_run.id, enabled=not self._options.json)
            async with server_kept(get_settings()), shown:
                await run_flow_async(self._flow, flow_run=flow_run, parameters=parameters, return_type="result")
        except Exception as error:
            self.refused = is_users_error(error)
            logging.getLogger("evalflows").debug("the flow failed", exc_info=error)
            return error
        return None

    async def _flow_run(self, client: PrefectClient) -> tuple[FlowRun, dict[str, Any]]:
        if not self._options.resume:
            parameters = self._flow.validate_parameters(self._options.parameters)
            flow_run = await client.create_flow_run(self._flow, parameters=parameters, state=Pending())
            return flow_run, parameters
        record = await self._find_resumable()
        try:
            flow_run = await client.read_flow_run(record.id)
        except ObjectNotFound as error:
            raise RunRefused(f"run {record.id} is unknown to the Prefect API at {client.api_url}") from error
        await client.set_flow_run_state(record.id, Pending(message="resumed"), force=True)
        parameters: dict[str, Any] = {**record.params, **self._options.parameters}
        return await client.read_flow_run(flow_run.id), parameters

    async def _find_resumable(self) -> Run:
        run_id = parse_run_id(self._options.resume)
        record = await find_as_it_is(run_id)
        if record is None or record.flow != self._flow.name:
            raise RunRefused(f"there is no {self._flow.name} run {run_id}: see 'evalflows runs list'")
        if record.status == "running":
            raise RunRefused(f"run {run_id} is being worked on by another process")
        for name, value in self._options.parameters.items():
            if name not in MAY_CHANGE and record.params.get(name) != value:
                raise RunRefused(
                    f"run {run_id} cannot be resumed: setting {name!r} was {record.params.get(name)!r} "
                    f"and is now {value!r}; start a new run"
                )
        return record


def unreachable(error: httpx.TransportError) -> str:
    """What to say of a Prefect API that does not answer."""
    return (
        f"the Prefect API at {PREFECT_API_URL.value()} does not answer ({type(error).__name__}): start it, or unset "
        "PREFECT_API_URL and leave Prefect's profile to use the local server"
    )


def parse_run_id(text: str) -> UUID:
    """A run id as the user wrote it.

    Raises:
        RunRefused: It is not one.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise RunRefused(f"{text!r} is not a run id: see 'evalflows runs list'") from error


def quiet_prefect() -> None:
    """Leave the terminal to us: Prefect's log lines go to its API only, unless PREFECT_LOGGING_LEVEL is set."""
    if "PREFECT_LOGGING_LEVEL" in os.environ:
        return
    for handler in logging.getLogger().handlers:
        if isinstance(handler, PrefectConsoleHandler):
            handler.addFilter(lambda record: record.name.partition(".")[0] not in PREFECTS_OWN)
