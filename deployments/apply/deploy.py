"""The deployments of prefect.yaml, put into the Prefect API by Prefect's own command."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from deployments.apply.errors import DeploymentError
from deployments.apply.manifest import Manifest, read_manifest
from deployments.local.environment import with_project_root
from deployments.local.logs import last_error

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.responses import DeploymentResponse


def deploy(project: Path, pool: str) -> None:
    """Create the deployments of a project, or bring them up to date where the file or the code has changed.

    Raises:
        DeploymentError: prefect.yaml is missing, wrong, or the API refused it.
    """
    from prefect.client.orchestration import get_client

    manifest = read_manifest(project, pool)
    with get_client(sync_client=True) as client:
        found = _read_deployments(client, manifest)
        if len(found) == len(manifest.names) and all(one.version == manifest.version for one in found):
            return
        slugs = {schedule.slug for one in found for schedule in one.schedules}
        _run_prefect(project, manifest.content_for(known_slugs=slugs), manifest)
        for deployment in _read_deployments(client, manifest):
            _refuse_unknown_parameters(client, deployment)


def _read_deployments(client: "SyncPrefectClient", manifest: Manifest) -> "Sequence[DeploymentResponse]":
    """Those of the manifest that the API has."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

    named = DeploymentFilter(name=DeploymentFilterName(any_=[name for _, name in manifest.names]))
    found = client.read_deployments(deployment_filter=named)
    return [one for one in found if (one.entrypoint, one.name) in manifest.names]


def _run_prefect(project: Path, content: dict[str, Any], manifest: Manifest) -> None:
    """Run `prefect deploy` on the content, in the project's folder."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", prefix="prefect-", encoding="utf-8") as file:
        yaml.safe_dump(content, file, sort_keys=False)
        file.flush()
        done = _call(project, ["--no-prompt", "deploy", "--all", "--prefect-file", file.name])
    if done.returncode != 0:
        said = f"{done.stdout}\n{done.stderr}"
        raise DeploymentError(f"{str(manifest.path)!r} could not be applied: {last_error(said) or said.strip()}")


def _call(project: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "prefect", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": with_project_root(os.environ.get("PYTHONPATH"))},
        capture_output=True,
        text=True,
        check=False,
    )


def _refuse_unknown_parameters(client: "SyncPrefectClient", deployment: "DeploymentResponse") -> None:
    """Have the API refuse a parameter that the flow does not have; Prefect's schemas let any name pass."""
    schema = {**(deployment.parameter_openapi_schema or {}), "additionalProperties": False}
    found = {"id": deployment.id}
    client.request("PATCH", "/deployments/{id}", path_params=found, json={"parameter_openapi_schema": schema})
