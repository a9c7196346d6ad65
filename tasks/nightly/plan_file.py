"""Plan files: YAML, read into a plan; each error names file, line, column, value, and what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tasks.errors import RunRefused
from tasks.nightly.plan import Plan
from tasks.paths import complete_paths
from tasks.yaml_files import at_node, errors_named

Place = Sequence[str | int]


class PlanError(RunRefused):
    """A plan file cannot be used; the message names file, line, column and value."""


class _Loader(yaml.SafeLoader):
    """YAML as it is, but for dates, which stay texts as the flows want them."""

    yaml_implicit_resolvers = {  # noqa: RUF012 as the base class has it
        sign: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class PlanFile:
    """A plan and where each part of it stands; paths in it are complete."""

    path: Path
    plan: Plan
    root: yaml.Node

    def error(self, place: Place, why: str) -> PlanError:
        """The error to raise about the part at this place, such as `("suites", 0, "flow")`."""
        return _error(self.path, _find(self.root, place), f"{_spelt(place)}: {why}")


def read_plan(path: str | Path) -> PlanFile:
    """Read a plan; relative paths in it go from its own folder.

    Raises:
        PlanError: The file is missing, is no such plan, or a value in it cannot be used.
    """
    path = Path(path).expanduser()
    with errors_named(path, PlanError):
        text = path.read_text(encoding="utf-8-sig")
        root, content = yaml.compose(text, _Loader), yaml.load(text, _Loader)
    if root is None:
        raise PlanError(f"{path}: empty: write name, time_zone and suites, as in docs/nightly.md")
    for where, key in _repeated(root):
        raise _error(path, where, f"{key!r} stands twice: remove one")
    if not isinstance(content, dict):
        raise _error(path, root, "not a plan: write name, time_zone and suites, as in docs/nightly.md")
    try:
        plan = Plan.model_validate(content)
    except ValidationError as error:
        raise _not_valid(path, root, error.errors(include_url=False)[0]) from error
    folder = path.parent.absolute()
    suites = tuple(
        suite.model_copy(update={"parameters": complete_paths(suite.parameters, folder)}) for suite in plan.suites
    )
    return PlanFile(path, plan.model_copy(update={"suites": suites}), root)


def wrong_value(place: Place, wrong: ErrorDetails) -> tuple[Place, str]:
    """Where a value that does not fit stands, and what to say of it."""
    inner = (*place, *wrong["loc"])
    said = wrong["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if wrong["type"] == "missing":
        return inner[:-1], f"{inner[-1]!r} is missing: add it"
    if wrong["type"] == "extra_forbidden":
        return inner, "unknown key: see docs/nightly.md for those there are"
    shown = "" if isinstance(wrong["input"], dict) else f"{wrong['input']!r} "
    return inner, f"{shown}{said}"


def _not_valid(path: Path, root: yaml.Node, wrong: ErrorDetails) -> PlanError:
    place, why = wrong_value((), wrong)
    return _error(path, _find(root, place), f"{_spelt(place)}: {why}" if place else why)


def _repeated(node: yaml.Node) -> Iterator[tuple[yaml.Node, str]]:
    """Keys that stand twice in one mapping; YAML takes the last and says nothing."""
    if isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _repeated(entry)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                yield key, str(key.value)
            seen.add(str(key.value))
            yield from _repeated(value)


def _find(node: yaml.Node, place: Place) -> yaml.Node:
    """The node at this place, or the nearest around it."""
    for step in place:
        inner: yaml.Node | None = None
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            inner = node.value[step] if step < len(node.value) else None
        elif isinstance(node, yaml.MappingNode):
            inner = next((value for key, value in node.value if key.value == step), None)
        if inner is None:
            return node
        node = inner
    return node


def _spelt(place: Place) -> str:
    """`suites[0].parameters.limit`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")


def _error(path: Path, node: yaml.Node, why: str) -> PlanError:
    return PlanError(at_node(path, node, why))
