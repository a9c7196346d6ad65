"""Every deployment of prefect.yaml can be loaded and applied, and says what the UI needs."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.apply import WORK_POOL, DeploymentError, apply
from deployments.local.server import LocalServer

PREFECT_FILE = Path(__file__).parents[2] / "prefect.yaml"
TINY = Path(__file__).parent / "tiny_project" / "prefect.yaml"
CONTENT: dict[str, Any] = yaml.safe_load(PREFECT_FILE.read_text())
DEPLOYMENTS: list[dict[str, Any]] = CONTENT["deployments"]


@pytest.fixture
def api_in_environment(prefect_server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", prefect_server.api_url)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_a_deployment_names_a_flow_that_can_be_imported(deployment: dict[str, Any]) -> None:
    from prefect.flows import load_flow_from_entrypoint

    assert ":" not in deployment["entrypoint"]
    assert load_flow_from_entrypoint(deployment["entrypoint"]).name == deployment["name"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_a_deployment_has_what_the_form_and_the_worker_need(deployment: dict[str, Any]) -> None:
    assert deployment["enforce_parameter_schema"] is True
    assert deployment["work_pool"]["name"] == WORK_POOL
    assert deployment["description"].strip()
    assert "Args:" not in deployment["description"]
    assert "evalflows" in deployment["tags"]
    assert "job_variables" not in deployment["work_pool"]  # stored in clear, so no place for keys
    assert all({"slug", "timezone"} <= schedule.keys() for schedule in deployment["schedules"])


def test_runs_start_in_the_folder_that_the_worker_names() -> None:
    assert CONTENT["pull"] == [
        {"prefect.deployments.steps.set_working_directory": {"directory": "{{ $EVALFLOWS_ROOT }}"}}
    ]


@pytest.mark.usefixtures("api_in_environment")
@pytest.mark.parametrize(("file", "names"), [(TINY, {"tiny"}), (PREFECT_FILE, {d["name"] for d in DEPLOYMENTS})])
async def test_applying_twice_gives_each_deployment_once(file: Path, names: set[str]) -> None:
    from prefect.client.orchestration import get_client

    found: list[list[Any]] = []
    for _ in range(2):
        apply(file)
        async with get_client() as client:
            found.append([d for d in await client.read_deployments() if d.name in names])
            assert (await client.read_work_pool(WORK_POOL)).type == "process"
    assert {deployment.name for deployment in found[0]} == names
    assert len(found[0]) == len(names)
    assert [deployment.id for deployment in found[0]] == [deployment.id for deployment in found[1]]
    assert all(deployment.pull_steps == CONTENT["pull"] for deployment in found[1])


@pytest.mark.usefixtures("api_in_environment")
def test_a_wrong_file_says_what_prefect_said(tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text(TINY.read_text().replace("tiny_flow.tiny", "no_such_module.flow"))
    with pytest.raises(DeploymentError, match="no_such_module"):
        apply(tmp_path / "prefect.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match=str(tmp_path)):
        apply(tmp_path / "prefect.yaml")
