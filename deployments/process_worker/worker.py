"""Prefect's process worker, but for one thing: it tells of a run's ending once.

Prefect 3.8 reports a crashed process twice, the second time after the hooks of the flow have run, seconds later. That
report ends a run that was retried in between, and takes the concurrency slot from under it.
"""

import warnings
from typing import TYPE_CHECKING

from prefect.workers.process import ProcessWorker

if TYPE_CHECKING:
    import anyio.abc
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun
    from prefect.workers.process import ProcessJobConfiguration, ProcessWorkerResult

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=".*matches existing registered type")

    class EvalflowsProcessWorker(ProcessWorker):
        """Takes the place of Prefect's own under the type `process`: a subclass registers itself for its type."""

        async def run(
            self,
            flow_run: "FlowRun",
            configuration: "ProcessJobConfiguration",
            task_status: "anyio.abc.TaskStatus[int] | None" = None,
        ) -> "ProcessWorkerResult":
            """As Prefect's. What a worker claims comes without its state, which tells later what came after it."""
            flow_run.state = (await self.client.read_flow_run(flow_run.id)).state
            return await super().run(flow_run, configuration, task_status)

        async def _propose_crashed_state(
            self, flow_run: "FlowRun", message: str, client: "PrefectClient | None" = None
        ) -> None:
            """Report a crash, unless an ending of this submission is known already.

            Args:
                flow_run: As it was when it was submitted.
                message: What became of its process.
                client: Asks and reports; the worker's own where it is None.
            """
            if not await self._has_ended(flow_run, client or self.client):
                await super()._propose_crashed_state(flow_run, message, client)

        async def _has_ended(self, flow_run: "FlowRun", client: "PrefectClient") -> bool:
            """Whether an ending came after the submission; False where the API does not say, and the worker goes on."""
            submitted = flow_run.state
            if submitted is None:
                return False
            try:
                states = await client.read_flow_run_states(flow_run.id)
            except Exception:  # noqa: BLE001 as Prefect's own report: whatever it is, it must not end the worker
                self.get_flow_run_logger(flow_run).exception("the states of the run could not be read")
                return False
            return any(state.is_final() and state.timestamp > submitted.timestamp for state in states)
