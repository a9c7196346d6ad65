"""compose.yaml, Dockerfile and the Kubernetes manifest: what is handed on, who may do what, nothing secret inside."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
CLUSTER: list[dict[str, Any]] = yaml.safe_load((ROOT / "deployments/kubernetes/evalflows.yaml").read_text())["items"]
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
SECRETS = re.compile(r"PASSWORD|AUTH_STRING|KEY$|TOKEN$")
SET_BY_COMPOSE = {
    "EVALFLOWS_DATABASE_OWNER_URL",
    "EVALFLOWS_DATABASE_URL",
    "EVALFLOWS_HOME",
    "EVALFLOWS_POSTGRES_START_SECONDS",
    "EVALFLOWS_ROOT",
    "EVALFLOWS_SERVER_IDLE_SECONDS",
    "EVALFLOWS_SERVER_START_SECONDS",
}
OF_APPLY = {"EVALFLOWS_ALERT_BLOCK", "EVALFLOWS_ALERT_URL"}


def names_in(example: str) -> set[str]:
    lines = (ROOT / example).read_text(encoding="utf-8").splitlines()
    return {found[1] for line in lines if (found := re.match(r"(?:# )?([A-Z][A-Z0-9_]+)=", line))}


def test_every_variable_is_in_the_example() -> None:
    used = {found["name"] for found in VARIABLE.finditer(COMPOSE_TEXT)}
    assert used == names_in("deployments/compose.env.example") & used


def test_nothing_secret_has_a_value_of_its_own() -> None:
    for found in VARIABLE.finditer(COMPOSE_TEXT):
        if SECRETS.search(found["name"]):
            assert found["kind"] == "?", found[0]
    for name, service in SERVICES.items():
        environment: dict[str, str | None] = service["environment"]
        for variable, value in environment.items():
            if SECRETS.search(variable):
                assert value is None or VARIABLE.fullmatch(value), (name, variable)


def test_only_the_owner_migrates_and_no_run_sees_another_password_than_its_own() -> None:
    with_owner = {name for name, service in SERVICES.items() if "OWNER" in str(service["environment"])}
    assert with_owner == {"postgres", "migrate"}
    handed_to_runs = str(SERVICES["worker"]["environment"])
    assert set(re.findall(r"\$\{(\w+)", handed_to_runs)) == {"EVALFLOWS_APP_PASSWORD", "PREFECT_API_AUTH_STRING"}


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_runs_as_root_or_can_become_it(name: str) -> None:
    service = SERVICES[name]
    assert service["image"].startswith("evalflows:") or service["user"] not in ("root", "0")
    assert "user" not in service or service["user"] != "root"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_to_this_machine_only_unless_somebody_says_otherwise(name: str) -> None:
    assert all(port.startswith("${BIND_ADDRESS:-127.0.0.1}:") for port in SERVICES[name].get("ports", ()))


def test_a_run_gets_every_setting_and_key_that_the_example_names() -> None:
    wanted = {name for name in names_in(".env.example") if not name.startswith("PREFECT_")} - SET_BY_COMPOSE - OF_APPLY
    assert wanted <= SERVICES["worker"]["environment"].keys()
    assert wanted <= SERVICES["evalflows"]["environment"].keys()
    assert SERVICES["apply"]["environment"].keys() >= OF_APPLY


def test_workers_can_be_many_and_have_longer_to_stop_than_their_runs() -> None:
    worker = SERVICES["worker"]
    assert not {"container_name", "ports"} & worker.keys()
    assert worker["stop_grace_period"] == "90s"
    assert {i["kind"]: i for i in CLUSTER}["Deployment"]["spec"]["template"]["spec"][
        "terminationGracePeriodSeconds"
    ] == 90


def test_the_image_ends_as_an_ordinary_user_and_holds_no_secret() -> None:
    users = [line.split()[1] for line in DOCKERFILE if line.startswith("USER ")]
    assert users == ["10001:10001"]
    assert not any(SECRETS.search(line) for line in DOCKERFILE if line.startswith(("ARG", "ENV", "    ")))
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


@pytest.mark.parametrize("item", [i for i in CLUSTER if i["kind"] in ("Job", "Deployment")], ids=lambda i: i["kind"])
def test_a_pod_runs_as_an_ordinary_user_who_cannot_write_to_the_image(item: dict[str, Any]) -> None:
    pod = item["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["automountServiceAccountToken"] is False
    for container in [*pod.get("initContainers", ()), *pod["containers"]]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
