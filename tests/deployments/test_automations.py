"""The automations on a real Prefect server: each fires, and does what it says."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.events import emit_event
from prefect.events.schemas.automations import AutomationCore
from prefect.states import Failed, Pending, Running
from pydantic import SecretStr

from deployments.apply.automations import BEAT, ensure_automations, repairs
from deployments.apply.blocks import alert_blocks
from deployments.local.server import LocalServer
from settings import Settings

PATIENCE_SECONDS = 90
SHORTEST_SECONDS = 10
"""The shortest silence that Prefect's triggers take."""


@asynccontextmanager
async def webhook() -> AsyncGenerator[tuple[str, "asyncio.Queue[str]"]]:
    """A server that takes alerts: its URL, and the texts it was sent."""
    texts: asyncio.Queue[str] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        await texts.put((await request.json())["text"])
        return web.Response()

    application = web.Application()
    application.router.add_post("/alerts", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/alerts", texts
    await runner.cleanup()


@flow(name="nightly")
async def stand_in() -> None:
    """A flow with the name that the automation looks for."""


@pytest.mark.usefixtures("prefect_server")
async def test_a_regression_and_a_failed_night_are_posted_to_the_alert_url() -> None:
    async with webhook() as (url, texts), get_client() as client:
        blocks = await asyncio.to_thread(alert_blocks, Settings(alert_url=SecretStr(url)))
        for _ in range(2):
            await asyncio.to_thread(ensure_automations, blocks)
        resource = {"prefect.resource.id": "evalflows.run.1", "prefect.resource.name": "fixed of shop, 2026-03-01"}
        emit_event("evalflows.run.regressed", resource=resource, payload={"metric": "success_rate", "points": -5.0})
        told = await asyncio.wait_for(texts.get(), PATIENCE_SECONDS)
        assert told == "evalflows: fixed of shop, 2026-03-01 got worse\nmetric: success_rate\npoints: -5.0\n"
        night = await client.create_flow_run(stand_in, name="shop 2026-03-01", state=Running())
        await client.set_flow_run_state(night.id, Failed(message="no plan"), force=True)
        told = await asyncio.wait_for(texts.get(), PATIENCE_SECONDS)
        assert told.startswith("evalflows: the nightly run shop 2026-03-01 failed\nno plan\nhttp://127.0.0.1:")
        assert str(night.id) in told
        assert texts.empty()


def hastened(automation: Mapping[str, Any], name: str) -> AutomationCore:
    """The same automation under another name, with the shortest patience there is."""
    trigger = {**automation["trigger"], "within": SHORTEST_SECONDS}
    return AutomationCore.model_validate({**automation, "name": name, "trigger": trigger})


async def state_of(client: PrefectClient, run_id: UUID, *, wanted: Sequence[str]) -> str:
    """What becomes of a run: its state's name, once it is one of these."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (name := (await client.read_flow_run(run_id)).state_name) not in wanted:
            await asyncio.sleep(0.5)
    return str(name)


@pytest.mark.usefixtures("prefect_server")
async def test_a_silent_run_is_crashed_a_pending_one_queued_again_and_others_are_left_alone() -> None:
    lost, stuck = repairs()
    async with get_client() as client:
        made = [await client.create_automation(hastened(one, f"hastened {one['name']}")) for one in (lost, stuck)]
        silent = await client.create_flow_run(stand_in, tags=["evalflows"], state=Running())
        foreign = await client.create_flow_run(stand_in, state=Running())
        pending = await client.create_flow_run(stand_in, tags=["evalflows"], state=Pending())
        for run in (silent, foreign):
            tags = [
                {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"} for tag in run.tags or []
            ]
            emit_event(BEAT, resource={"prefect.resource.id": f"prefect.flow-run.{run.id}"}, related=tags)
        assert await state_of(client, silent.id, wanted=["Crashed"]) == "Crashed"
        assert await state_of(client, pending.id, wanted=["Scheduled", "Late"]) in ("Scheduled", "Late")
        assert (await client.read_flow_run(foreign.id)).state_name == "Running"
        for automation in made:
            await client.delete_automation(automation)
        for run in (silent, foreign, pending):
            await client.delete_flow_run(run.id)


def test_a_webhook_url_is_not_shown(prefect_server: LocalServer) -> None:
    import httpx

    alert_blocks(Settings(alert_url=SecretStr("https://hooks.example.com/secret")))
    with httpx.Client(base_url=prefect_server.api_url) as client:
        for path in ("block_documents/filter", "automations/filter"):
            assert "hooks.example.com" not in client.post(path, json={}).raise_for_status().text
