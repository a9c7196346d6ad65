"""What is to be deployed: the content of prefect.yaml, under a version that changes with it and with the code."""

import hashlib
from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import yaml

from deployments.apply.errors import DeploymentError
from deployments.local.environment import PROJECT_ROOT

FILE_NAME = "prefect.yaml"
PACKAGED = Path(__file__).parents[1] / FILE_NAME
"""The same file where evalflows is installed without a checkout."""
CODE = ("flows", "tasks", "storage/records", "deployments/apply")
"""Where the parameters of flows come from."""


@dataclass(frozen=True)
class Manifest:
    """The deployments of a project.

    Attributes:
        path: The file they were read from.
        pool: The work pool they all go to.
        version: Of file, pool and code: the same version means the same deployments.
    """

    path: Path
    pool: str
    version: str
    content: dict[str, Any]

    @property
    def names(self) -> frozenset[tuple[str, str]]:
        """The entrypoint and the name of each deployment."""
        return frozenset((str(one["entrypoint"]), str(one["name"])) for one in self.content["deployments"])

    def content_for(self, known_slugs: Collection[str | None]) -> dict[str, Any]:
        """The file's content for `prefect deploy`; a schedule that is there already is not switched on or off."""
        content = deepcopy(self.content)
        for deployment in content["deployments"]:
            deployment["version"] = self.version
            deployment["work_pool"] = {**deployment.get("work_pool", {}), "name": self.pool}
            for schedule in deployment.get("schedules", []):
                if schedule.get("slug") in known_slugs:
                    schedule.pop("active", None)
        return content


def read_manifest(project: Path, pool: str) -> Manifest:
    """Read prefect.yaml of a project.

    Raises:
        DeploymentError: It is missing, or not YAML.
    """
    path = project / FILE_NAME
    if not path.is_file() and project == PROJECT_ROOT:
        path = PACKAGED
    if not path.is_file():
        raise DeploymentError(f"{str(path)!r} is missing: it says what is to be deployed.")
    try:
        content = cast("dict[str, Any]", yaml.safe_load(path.read_text(encoding="utf-8")))
        return Manifest(path, pool, f"{version('evalflows')}-{_digest(path, project, pool)}", content)
    except yaml.YAMLError as error:
        raise DeploymentError(f"{str(path)!r} is not YAML: {' '.join(str(error).split())}") from error


def _digest(path: Path, project: Path, pool: str) -> str:
    digest = hashlib.sha256(pool.encode())
    for file in (path, *_code(project)):
        digest.update(f"{file.name}\x00".encode() + file.read_bytes())
    return digest.hexdigest()[:8]


def _code(project: Path) -> Iterator[Path]:
    yield from sorted(project.glob("*.py"))
    for folder in CODE:
        yield from sorted((PROJECT_ROOT / folder).rglob("*.py"))
