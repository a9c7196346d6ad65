"""Price files: a YAML list of lines, each error named with file, line and column."""

from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import ValidationError

from settings import SettingsError
from tasks.costs.price import PriceLine
from tasks.yaml_files import at_node, errors_named

HOW = "write it as {provider: openai, model: NAME, input: 1.25, output: 10} (USD per million tokens)"


class PricesError(SettingsError):
    """A price file (EVALFLOWS_PRICES) cannot be used; the message names file, line, column and value."""


def read_price_file(path: Path) -> list[PriceLine]:
    """The lines of a price file, in its order.

    Raises:
        PricesError: The file is missing, is no such list, or a line of it is wrong or stands twice.
    """
    with errors_named(path, PricesError, named=f"EVALFLOWS_PRICES={str(path)!r}"):
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), yaml.SafeLoader)
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        raise _error(path, root, f"not a list: begin each price with '- ' and {HOW}")
    lines: dict[tuple[object, ...], PriceLine] = {}
    for node in root.value:
        line = _line(path, node)
        key = (line.provider, line.model, line.above_tokens, line.since)
        if key in lines:
            raise _error(path, node, f"a price of {line.provider}:{line.model} that stands there already: remove one")
        lines[key] = line
    return list(lines.values())


def _line(path: Path, node: yaml.Node) -> PriceLine:
    if not isinstance(node, yaml.MappingNode):
        raise _error(path, node, f"not a price: {HOW}")
    nodes = dict(_fields(path, node))
    try:
        return PriceLine.model_validate({key: value.value for key, (_, value) in nodes.items()})
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        field = str(wrong["loc"][0])
        raise _error(path, *_what_is_wrong(node, nodes, field, wrong["type"], wrong["msg"])) from error


def _fields(path: Path, node: yaml.MappingNode) -> Iterator[tuple[str, tuple[yaml.Node, yaml.ScalarNode]]]:
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
            raise _error(path, value, f"a list or mapping where a text or a number belongs: {HOW}")
        if key.value in seen:
            raise _error(path, key, f"{key.value!r} stands twice in one price: remove one")
        seen.add(key.value)
        yield key.value, (key, value)


def _what_is_wrong(
    node: yaml.Node, nodes: dict[str, tuple[yaml.Node, yaml.ScalarNode]], field: str, kind: str, message: str
) -> tuple[yaml.Node, str]:
    """Where it is, and what to say of it."""
    if kind == "missing":
        return node, f"a price without {field!r}: {HOW}"
    key, value = nodes[field]
    if kind == "extra_forbidden":
        return key, f"unknown key {field!r}: known are {', '.join(PriceLine.model_fields)}"
    return value, f"{field}: {value.value!r} {message.removeprefix('Input ')}"


def _error(path: Path, node: yaml.Node, why: str) -> PricesError:
    return PricesError(at_node(path, node, why))
