"""What stands between the door and the Prefect server: busy answers are tried again, nothing is fetched elsewhere."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from deployments.local import patient
from deployments.local.door import Application
from deployments.local.offline import Offline
from deployments.local.patient import Patient


def client(application: Application) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.mark.parametrize(("busy", "status", "asked"), [(0, 200, 1), (2, 200, 3), (99, 503, 7)])
async def test_a_busy_server_is_asked_again_with_the_same_body(
    busy: int, status: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient, "PAUSES_SECONDS", (0.0,) * 6)
    application = FastAPI()
    bodies: list[bytes] = []

    @application.post("/api/flow_runs")
    async def create(request: Request) -> Response:
        bodies.append(await request.body())
        if len(bodies) <= busy:
            raise TimeoutError("database is locked")
        return Response(b"answer")

    @application.exception_handler(Exception)
    async def say_busy(request: Request, error: Exception) -> Response:
        return Response(b"answer", 503)  # and Starlette raises the error again, as it does in the Prefect server

    async with client(Patient(application)) as asking:
        answer = await asking.post("/api/flow_runs", content=b"x" * 100_000)
    assert (answer.status_code, answer.content) == (status, b"answer")
    assert bodies == [b"x" * 100_000] * asked


async def test_views_are_answered_from_what_is_shipped_and_the_rest_by_the_server(tmp_path: Path) -> None:
    (tmp_path / "workers.json").write_text('{"prefect": {}}')
    application = FastAPI()
    application.get("/api/health")(lambda: True)
    async with client(Offline(application, tmp_path)) as asking:
        shipped = await asking.get("/api/collections/views/workers")
        assert (shipped.status_code, shipped.json()) == (200, {"prefect": {}})
        assert (await asking.get("/api/collections/views/../../secret")).status_code == 404
        assert (await asking.get("/api/collections/views/flows")).status_code == 404
        assert (await asking.get("/api/health")).json() is True


async def test_pages_may_load_nothing_from_other_hosts(tmp_path: Path) -> None:
    application = FastAPI()
    application.get("/dashboard")(lambda: Response("<html></html>", media_type="text/html; charset=utf-8"))
    application.get("/api/health")(lambda: True)
    async with client(Offline(application, tmp_path)) as asking:
        assert (await asking.get("/dashboard")).headers["content-security-policy"].startswith("default-src 'self'")
        assert "content-security-policy" not in (await asking.get("/api/health")).headers
