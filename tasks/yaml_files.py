"""YAML files of users: what is wrong with one is said with file, line and column."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import yaml


@contextmanager
def errors_named(path: Path, make_error: Callable[[str], Exception], *, named: str = "") -> Generator[None]:
    """Read a YAML file in the block.

    Args:
        path: The file.
        make_error: Makes the error to raise, of the words for it.
        named: What to call a file that cannot be read; empty: its path.

    Raises:
        Exception: What `make_error` makes: the file cannot be read, is not UTF-8, or is not YAML.
    """
    try:
        yield
    except OSError as error:
        raise make_error(f"{named or repr(str(path))}: cannot be read: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise make_error(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise make_error(f"{path}: {where}not YAML: {error.problem}; correct it") from error
    except yaml.YAMLError as error:
        raise make_error(f"{path}: not YAML: {' '.join(str(error).split())}; correct it") from error


def at_node(path: Path, node: yaml.Node, why: str) -> str:
    """What is wrong, with where it stands."""
    mark = node.start_mark
    return f"{path}: line {mark.line + 1}, column {mark.column + 1}: {why}"
