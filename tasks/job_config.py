"""Reads the configuration of a training job: a YAML or JSON file, or JSON as it is."""

import json
from pathlib import Path
from typing import Any, cast

import yaml

from tasks.errors import RunRefused
from tasks.yaml_files import errors_named

EXAMPLE = '{"predictions": {"sample_count": 10}}'


def read_job_config(text: str) -> dict[str, Any]:
    """The configuration that an option or a form names; empty text is an empty one.

    Args:
        text: JSON that begins with a brace, or the path of a file: JSON where its name ends in .json, else YAML.

    Raises:
        RunRefused: It cannot be read, or is not a mapping.
    """
    said = text.strip()
    if not said:
        return {}
    found = _parse_json(said, "the configuration") if said.startswith("{") else _read_file(Path(said))
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise RunRefused(f"{said}: must be a mapping such as {EXAMPLE}, and is a {type(found).__name__}")
    return {str(name): value for name, value in cast("dict[Any, Any]", found).items()}


def _read_file(path: Path) -> object:
    with errors_named(path, RunRefused, named=f"the configuration {str(path)!r}"):
        text = path.read_text(encoding="utf-8")
        return _parse_json(text, str(path)) if path.suffix.lower() == ".json" else yaml.safe_load(text)


def _parse_json(text: str, named: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RunRefused(f"{named}: {where}: not JSON: {error.msg}; write it as {EXAMPLE}") from error
