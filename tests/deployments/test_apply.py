"""`deployments.apply` against a real Prefect server: what it makes, and what it leaves as users set it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import yaml
from pydantic import SecretStr

from deployments.apply import WORK_POOL, DeploymentError, apply
from deployments.apply.__main__ import main
from deployments.apply.blocks import alert_blocks
from deployments.apply.pools import QUEUES
from deployments.local.server import LocalServer
from settings import Settings

ROOT = Path(__file__).parents[2]
TINY = Path(__file__).parent / "tiny_project"
NAMES = {deployment["name"] for deployment in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}


@pytest.fixture(scope="module")
def applied(prefect_server: LocalServer) -> Iterator[httpx.Client]:
    """The API, with everything applied once; processes started by tests use it too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_API_URL", prefect_server.api_url)
        assert apply() == ("Nobody is alerted: set EVALFLOWS_ALERT_URL or EVALFLOWS_ALERT_BLOCK.",)
        with httpx.Client(base_url=f"{prefect_server.api_url}/", timeout=60) as client:
            yield client


def listed(api: httpx.Client, what: str) -> list[dict[str, Any]]:
    return api.post(f"{what}/filter", json={}).raise_for_status().json()


def deployment(api: httpx.Client, name: str) -> dict[str, Any]:
    return api.get(f"deployments/name/{name}").raise_for_status().json()


def test_every_deployment_is_there_in_its_queue_and_its_schedule_is_off(applied: httpx.Client) -> None:
    found = {one["name"]: one for one in listed(applied, "deployments")}
    assert found.keys() >= NAMES
    queues = {name: found[name]["work_queue_name"] for name in NAMES}
    expected = dict.fromkeys(NAMES, "default") | {"nightly": "nightly", "run-shard": "shards"}
    assert queues == expected
    assert [schedule["active"] for schedule in found["nightly"]["schedules"]] == [False]


def test_the_pool_has_its_queues_by_priority_and_its_runs_send_heartbeats(applied: httpx.Client) -> None:
    pool = applied.get(f"work_pools/{WORK_POOL}").raise_for_status().json()
    assert pool["type"] == "process"
    environment = pool["base_job_template"]["variables"]["properties"]["env"]["default"]
    assert environment == {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
    queues = applied.post(f"work_pools/{WORK_POOL}/queues/filter", json={}).raise_for_status().json()
    assert sorted((queue["priority"], queue["name"]) for queue in queues) == [
        (place, queue.name) for place, queue in enumerate(QUEUES, start=1)
    ]


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"source": "x", "reuse": "maybe"}, "'maybe' is not one of"),
        ({"source": "x", "evaluators": ["intents"]}, "'intents' is not one of"),
        ({"source": "x", "concurrency": 0}, "0 is less than the minimum of 1"),
        ({"source": "x", "sources": "y"}, "'sources' was unexpected"),
        ({}, "'source' is a required property"),
    ],
)
def test_the_api_refuses_bad_parameters_before_a_run_exists(
    applied: httpx.Client, parameters: dict[str, Any], why: str
) -> None:
    found = deployment(applied, "evaluate-threads/evaluate-threads")
    before = applied.post("flow_runs/count", json={}).json()
    refused = applied.post(f"deployments/{found['id']}/create_flow_run", json={"parameters": parameters})
    assert refused.status_code == 409
    assert why in refused.json()["detail"]
    assert applied.post("flow_runs/count", json={}).json() == before


def test_applying_again_changes_nothing_that_users_have_set(applied: httpx.Client) -> None:
    nightly = deployment(applied, "nightly/nightly")
    schedule = nightly["schedules"][0]["id"]
    applied.patch(f"deployments/{nightly['id']}/schedules/{schedule}", json={"active": True}).raise_for_status()
    automation = listed(applied, "automations")[0]
    applied.patch(f"automations/{automation['id']}", json={"enabled": False}).raise_for_status()
    before = deployment(applied, "nightly/nightly")
    applied.patch(f"deployments/{nightly['id']}", json={"version": "of before"}).raise_for_status()
    apply()
    after = deployment(applied, "nightly/nightly")
    assert (after["id"], after["version"], after["schedules"][0]["active"]) == (nightly["id"], before["version"], True)
    assert after["parameter_openapi_schema"] == before["parameter_openapi_schema"]
    automations = listed(applied, "automations")
    assert len({one["name"] for one in automations}) == len(automations)
    assert [one["enabled"] for one in automations if one["id"] == automation["id"]] == [False]
    applied.patch(f"automations/{automation['id']}", json={"enabled": True}).raise_for_status()
    applied.patch(f"deployments/{nightly['id']}/schedules/{schedule}", json={"active": False}).raise_for_status()


@pytest.mark.usefixtures("applied")
def test_a_wrong_file_says_what_prefect_said(tmp_path: Path) -> None:
    wrong = shutil.copytree(TINY, tmp_path / "wrong")
    file = wrong / "prefect.yaml"
    file.write_text(file.read_text().replace("tiny_flow.tiny", "no_such_module.flow"))
    with pytest.raises(DeploymentError, match="no_such_module"):
        apply(wrong)
    file.write_text("deployments: [")
    with pytest.raises(DeploymentError, match="is not YAML"):
        apply(wrong)


@pytest.mark.usefixtures("applied")
def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match=str(tmp_path)):
        apply(tmp_path)


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    ("block", "why"), [("slack-webhook/nobody", "there is no such block"), ("secret/key", "send no notifications")]
)
def test_a_block_that_cannot_alert_is_refused(block: str, why: str) -> None:
    from prefect.blocks.system import Secret

    cast(Any, Secret)(value=SecretStr("x")).save("key", overwrite=True, _sync=True)
    with pytest.raises(DeploymentError, match=f"EVALFLOWS_ALERT_BLOCK='{block}'.*{why}"):
        alert_blocks(Settings(alert_block=block))


@pytest.mark.usefixtures("applied")
def test_a_pool_of_an_unknown_type_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--pool", "other", "--type", "zeppelin"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("there are no work pools of type 'zeppelin'; there are: azure-container-instance,")
    assert said.count("\n") == 1


@pytest.mark.usefixtures("prefect_server")
def test_the_command_says_when_no_api_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.local.server.api_url_from_prefect", lambda: None)
    assert main([]) == 2
    assert "set PREFECT_API_URL" in capsys.readouterr().err
