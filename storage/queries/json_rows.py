"""Records as the JSON that a bulk insert reads: whatever a model or a user wrote, Postgres takes it."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, cast

from storage.records import Record, storable


def json_rows(records: Iterable[Record]) -> str:
    """A JSON array of the records; NUL and lone surrogates are replaced, a number that is none is null."""
    return json.dumps([storable_value(record.model_dump()) for record in records], default=str)


def storable_value(value: Any) -> Any:  # noqa: ANN401
    """The value with every text in it made fit for a row, keys included; NaN and infinity are None."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        found = cast("Mapping[str, Any]", value)
        return {storable(str(key)): storable_value(one) for key, one in found.items()}
    if isinstance(value, (list, tuple)):
        return [storable_value(one) for one in cast("list[Any]", value)]
    return value
