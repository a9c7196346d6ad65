"""Checks a request against the request types (TypedDicts) of a provider's SDK: an unknown field is refused.

A type is made into a function once, as a server checks every request.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, Required, TypeGuard, Union, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict  # typing has one too, which knows none of those the SDKs make

Hint = Any
Check = Callable[[object], str | None]
"""Gives the first problem of a value, as `PLACE: what is wrong`; None where it fits."""

SCALARS: dict[Hint, Check] = {
    str: lambda value: None if isinstance(value, str) else f": {value!r} is no text",
    bool: lambda value: None if isinstance(value, bool) else f": {value!r} is no boolean",
    int: lambda value: None if is_number(value, int) else f": {value!r} is no integer",
    float: lambda value: None if is_number(value, int | float) else f": {value!r} is no number",
    type(None): lambda value: None if value is None else ": not null",
}


def problem_of(value: object, hint: Hint, where: str = "") -> str | None:
    """The first thing in `value` that does not fit `hint`, with its place; None where all fits.

    Args:
        value: Parsed JSON.
        hint: A TypedDict, or what the fields of one are annotated with; what is no such thing fits everything.
        where: Where the value lies in the request; empty when it is the request.
    """
    problem = check_of(hint)(value)
    return placed(where, problem) if where or not problem else problem.removeprefix(": ")


@cache
def check_of(hint: Hint) -> Check:
    """The check of a type."""
    origin, parts = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        return lambda value: problem_of_object(value, hint)
    if origin in (Union, UnionType):
        return lambda value: problem_of_union(value, parts)
    if origin is Literal:
        return lambda value: None if value in parts else f": {value!r} is none of {parts}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        each = check_of(parts[1])
        return lambda value: first_problem(value.items(), each) if is_object(value) else ": no object"
    if isinstance(origin, type) and issubclass(origin, Iterable):
        each = check_of(parts[0])
        return lambda value: first_problem(enumerate(value), each) if is_list(value) else ": no array"
    return SCALARS.get(hint, lambda value: None)


def problem_of_object(value: object, hint: Hint) -> str | None:
    """What is wrong with the fields of an object."""
    if not is_object(value):
        return ": no object"
    fields, required = fields_of(hint)
    if unknown := value.keys() - fields.keys():
        return f"{min(unknown)}: unknown field"
    if missing := required - value.keys():
        return f"{min(missing)}: required field"
    problems = (placed(name, fields[name](part)) for name, part in value.items())
    return next(filter(None, problems), None)


def problem_of_union(value: object, parts: tuple[Hint, ...]) -> str | None:
    """None if one of the types fits; else what is said by the one that is meant, or that came farthest."""
    problems: list[str] = []
    for part in [part for part in parts if is_meant(part, value)] or parts:
        problem = check_of(part)(value)
        if problem is None:
            return None
        problems.append(problem)
    return max(problems, key=lambda problem: problem.partition(":")[0].count("."))


def is_meant(hint: Hint, value: object) -> bool:
    """Whether an object names this type, by the constants (`role`, `type`) that the type asks for."""
    constants = constants_of(hint)
    return bool(constants) and is_object(value) and all(value.get(name) in of for name, of in constants.items())


def first_problem(items: Iterable[tuple[object, object]], each: Check) -> str | None:
    """What is wrong with the first part of a list or a mapping that does not fit."""
    return next(filter(None, (placed(key, each(part)) for key, part in items)), None)


def placed(step: object, problem: str | None) -> str | None:
    """A problem, with its place in what is around it."""
    if problem is None:
        return None
    return f"{step}{problem}" if problem.startswith(":") else f"{step}.{problem}"


@cache
def hints_of(hint: Hint) -> tuple[dict[str, Hint], frozenset[str]]:
    """The types of the fields of a TypedDict, and which of them must be there."""
    hints = get_type_hints(hint, include_extras=True)
    marked = {name for name, found in hints.items() if get_origin(found) is Required}
    required = frozenset(marked | (set(hints) if hint.__total__ else set[str]()))
    return {name: get_args(found)[0] if name in marked else found for name, found in hints.items()}, required


@cache
def fields_of(hint: Hint) -> tuple[dict[str, Check], frozenset[str]]:
    """The checks of the fields of a TypedDict, and which of them must be there."""
    hints, required = hints_of(hint)
    return {name: check_of(found) for name, found in hints.items()}, required


@cache
def constants_of(hint: Hint) -> dict[str, tuple[object, ...]]:
    """The required fields of a TypedDict that have a fixed value, and the values; none for another type."""
    if not is_typeddict(hint):
        return {}
    hints, required = hints_of(hint)
    return {name: get_args(hints[name]) for name in required if get_origin(hints[name]) is Literal}


def is_number(value: object, kind: type | UnionType) -> bool:
    """Whether a JSON value is a number of this kind; a boolean is none."""
    return isinstance(value, kind) and not isinstance(value, bool)


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)
