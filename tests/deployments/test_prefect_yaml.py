"""Every deployment of prefect.yaml can be loaded, and says what the UI and the worker need."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.apply.manifest import PACKAGED, read_manifest
from deployments.apply.pools import QUEUES, WORK_POOL
from deployments.flow_list import FLOWS, load_flow

PREFECT_FILE = Path(__file__).parents[2] / "prefect.yaml"
CONTENT: dict[str, Any] = yaml.safe_load(PREFECT_FILE.read_text())
DEPLOYMENTS: list[dict[str, Any]] = CONTENT["deployments"]
BY_NAME = {deployment["name"]: deployment for deployment in DEPLOYMENTS}
each_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])


@each_deployment
def test_a_deployment_names_a_flow_that_can_be_imported_and_takes_its_parameters(deployment: dict[str, Any]) -> None:
    from prefect.flows import load_flow_from_entrypoint

    assert ":" not in deployment["entrypoint"]
    flow = load_flow_from_entrypoint(deployment["entrypoint"])
    assert flow.name == deployment["name"] or deployment["name"] == "sample"
    if "parameters" in deployment:
        flow.validate_parameters(deployment["parameters"])


def test_every_flow_has_a_deployment_of_its_name() -> None:
    assert {load_flow(name).name for name in FLOWS} <= BY_NAME.keys()


@each_deployment
def test_a_deployment_has_what_the_form_and_the_worker_need(deployment: dict[str, Any]) -> None:
    assert deployment["enforce_parameter_schema"] is True
    assert deployment["work_pool"]["name"] == WORK_POOL
    assert deployment["work_pool"]["work_queue_name"] in {queue.name for queue in QUEUES}
    assert deployment["description"].strip()
    assert "Args:" not in deployment["description"]
    assert "evalflows" in deployment["tags"]
    assert "job_variables" not in deployment["work_pool"]  # stored in clear, so no place for keys
    assert all({"slug", "timezone"} <= schedule.keys() for schedule in deployment["schedules"])


@each_deployment
def test_nothing_runs_by_itself_until_somebody_says_so(deployment: dict[str, Any]) -> None:
    assert all(schedule["active"] is False for schedule in deployment["schedules"])


@each_deployment
def test_files_that_a_deployment_names_are_shipped(deployment: dict[str, Any]) -> None:
    for value in deployment.get("parameters", {}).values():
        path = value.removeprefix("scripted:")
        assert "/" not in path or (PREFECT_FILE.parent / path).exists()


def test_what_a_run_waits_for_is_held_up_by_no_limit_of_its_own() -> None:
    assert "concurrency_limit" not in BY_NAME["run-shard"]
    queues = {name: BY_NAME[name]["work_pool"]["work_queue_name"] for name in BY_NAME}
    assert [name for name, queue in queues.items() if queue == queues["run-shard"]] == ["run-shard"]
    assert queues["nightly"] != queues["evaluate-threads"]


def test_runs_start_in_the_folder_that_the_worker_names() -> None:
    assert CONTENT["pull"] == [
        {"prefect.deployments.steps.set_working_directory": {"directory": "{{ $EVALFLOWS_ROOT }}"}}
    ]


def test_the_file_is_where_an_installed_package_has_it() -> None:
    assert PACKAGED.read_text() == PREFECT_FILE.read_text()


def test_another_file_or_pool_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text(PREFECT_FILE.read_text())
    first = read_manifest(tmp_path, "one").version
    assert read_manifest(tmp_path, "one").version == first
    assert read_manifest(tmp_path, "two").version != first
    (tmp_path / "prefect.yaml").write_text(PREFECT_FILE.read_text() + "# changed\n")
    assert read_manifest(tmp_path, "one").version != first
