"""What a provider reads from the environment, checked before the first call."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from tasks.providers.errors import UnusableJudge


def check_model(provider: str, model: str, example: str) -> None:
    """Refuse a judge without a model.

    Raises:
        UnusableJudge: There is no model name.
    """
    if not model:
        raise UnusableJudge(
            f"judge '{provider}:' names no model: write {provider}:MODEL, for example {provider}:{example}"
        )


def variable(name: str) -> str | None:
    """The value of an environment variable; None where there is none, or nothing in it."""
    return os.environ.get(name, "").strip() or None


def needed(judge: str, name: str, hint: str = "") -> str:
    """The value of a variable the judge cannot do without.

    Raises:
        UnusableJudge: It is not set; the message ends with `hint`.
    """
    value = variable(name)
    if value is None:
        raise UnusableJudge(f"judge {judge!r} cannot be used: set {name}{hint}")
    return value


def check_url(judge: str, name: str, url: str) -> str:
    """Refuse what is no URL of a server; returns it as it was.

    Args:
        judge: For the message.
        name: The variable it came from.
        url: Never shown when it may hold a password.

    Raises:
        UnusableJudge: It is no http or https URL with a host.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        usable = False
    if not usable:
        shown = "its value" if "@" in url else repr(url)
        raise UnusableJudge(f"judge {judge!r} cannot be used: {name}: {shown} is no http or https URL")
    return url


def header_lines(name: str) -> dict[str, str]:
    """Extra headers from a variable with one `Name: value` a line, read as the SDKs read it."""
    lines = (line.partition(":") for line in os.environ.get(name, "").split("\n"))
    return {header.strip(): value.strip() for header, colon, value in lines if colon}


def check_headers(judge: str, headers: Mapping[str, str]) -> None:
    """Refuse headers that cannot be sent, before every call fails of them.

    Raises:
        UnusableJudge: A name or a value holds a character no header may.
    """
    for name, value in headers.items():
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise UnusableJudge(f"judge {judge!r} cannot be used: no header can be called {name!r}")
        if not (value.isascii() and value.isprintable()):
            raise UnusableJudge(
                f"judge {judge!r} cannot be used: the header {name} of your environment holds a character that no "
                "header may (a line break, a quotation mark of a word processor?)"
            )
