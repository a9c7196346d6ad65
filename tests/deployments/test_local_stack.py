"""Which Prefect API a process uses, and how scripts reach the local one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.local.server import LocalServer, api_url_from_prefect
from deployments.local.stack import local_stack, use_api
from settings import Settings
from tests.fixtures.prefect_server import use_in_process

PROJECT = Path(__file__).parents[2]
SHOW = "from deployments.local.server import api_url_from_prefect; print(api_url_from_prefect())"


def named_in_a_new_process(**environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=PROJECT, env={**os.environ, **environment}, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def test_without_settings_of_prefect_no_api_is_named(tmp_path: Path) -> None:
    assert named_in_a_new_process(PREFECT_HOME=str(tmp_path)) == "None"


def test_the_api_of_the_environment_or_the_active_profile_is_named(tmp_path: Path) -> None:
    (tmp_path / "profiles.toml").write_text('active = "mine"\n[profiles.mine]\nPREFECT_API_URL = "http://mine/api"\n')
    assert named_in_a_new_process(PREFECT_HOME=str(tmp_path)) == "http://mine/api"
    assert named_in_a_new_process(PREFECT_HOME=str(tmp_path), PREFECT_API_URL="http://env/api") == "http://env/api"


def test_an_api_that_prefect_names_is_used_and_nothing_is_started(tmp_path: Path) -> None:
    code = "from pathlib import Path; from settings import Settings; from deployments.local.stack import use_api; "
    code += f"print(use_api(Settings(home=Path({str(tmp_path / 'none')!r}))))"
    environment = {**os.environ, "PREFECT_API_URL": "http://env/api"}
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, check=True)
    assert done.stdout.decode().strip() == "http://env/api"
    assert not (tmp_path / "none").exists()


def test_without_one_the_local_server_is_used_by_this_process_and_its_children(
    prefect_server: LocalServer, evalflows_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "")  # so that it is removed again afterwards
    use_in_process(None)
    assert api_url_from_prefect() is None
    assert use_api(Settings(home=evalflows_home)) == prefect_server.api_url
    assert api_url_from_prefect() == prefect_server.api_url
    assert os.environ["PREFECT_API_URL"] == prefect_server.api_url
    use_in_process(prefect_server.api_url)


async def test_flows_called_in_the_local_stack_are_recorded_by_its_server(
    prefect_server: LocalServer, evalflows_home: Path
) -> None:
    from prefect import flow
    from prefect.client.orchestration import get_client
    from prefect.runtime import flow_run

    @flow
    async def say_who() -> str:
        return str(flow_run.id)

    use_in_process(None)
    with local_stack(Settings(home=evalflows_home)) as url:
        assert url == prefect_server.api_url
        run_id = await say_who()
        async with get_client() as client:
            assert (await client.read_flow_run(run_id)).state_name == "Completed"  # pyright: ignore[reportArgumentType]
    assert api_url_from_prefect() is None
    assert "PREFECT_API_URL" not in os.environ
    use_in_process(prefect_server.api_url)
