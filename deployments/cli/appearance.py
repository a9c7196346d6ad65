"""How every command looks in its help: no `--no-` forms, no defaults that mean nothing."""

from cyclopts import Parameter


def meaningful_default(value: object) -> str | None:
    """The default as the user would write it; None, which is not shown, where it means `not given`."""
    if not value:
        return None
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


OPTIONS = Parameter(negative="", show_default=meaningful_default)
