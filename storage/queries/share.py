"""A share of stored threads, drawn as `tasks.sources.grouping.share` draws it from files."""

from typing import Any

from sqlalchemy import Select, Text, cast, func, literal


def with_share(query: Select[*tuple[Any, ...]], seed: int, below: bytes) -> Select[*tuple[Any, ...]]:
    """The threads of the query whose SHA-256 of `seed:id` begins with bytes below these."""
    key = func.sha256(func.convert_to(cast(literal(seed), Text) + ":" + query.selected_columns.external_id, "UTF8"))
    return query.where(func.substr(key, 1, len(below)) < below)
