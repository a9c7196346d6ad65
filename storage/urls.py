"""Postgres URLs: taken apart and put together by libpq's rules, and never shown with their password."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from storage.errors import DatabaseUnusable

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
EXAMPLE = "postgresql://user:password@host:5432/database"


def parse_url(url: SecretStr, variable: str) -> dict[str, str]:
    """The URL's libpq parameters (host, port, user, password, dbname, sslmode...).

    Args:
        url: A postgresql:// or postgres:// URL; postgresql+psycopg:// is taken too.
        variable: The environment variable it comes from, for the message.

    Raises:
        DatabaseUnusable: It is not a Postgres URL.
    """
    scheme, separator, rest = url.get_secret_value().strip().partition("://")
    if not separator or scheme not in SCHEMES:
        kind = f"starts with {scheme + '://'!r}" if separator and scheme.isascii() else "has no scheme"
        raise DatabaseUnusable(f"{variable} is not a Postgres URL (it {kind}): expected {EXAMPLE}")
    try:
        found = conninfo_to_dict(f"postgresql://{rest}")
    except (ProgrammingError, UnicodeError):  # libpq's own message may quote a part of the password
        raise DatabaseUnusable(
            f"{variable} cannot be read as a Postgres URL: expected {EXAMPLE}, "
            "with characters such as @ / : % in the password written as %40 %2F %3A %25"
        ) from None
    return {name: str(value) for name, value in found.items() if value is not None}


def format_url(parameters: Mapping[str, str]) -> str:
    """A libpq URL of these parameters; hosts go into the query where they are folders or several."""
    rest = dict(parameters)
    user, password = rest.pop("user", ""), rest.pop("password", "")
    login = _quote(user) + (f":{_quote(password)}" if password else "")
    host = rest.get("host", "")
    place = ""
    if host and not host.startswith(("/", "@")) and "," not in host + rest.get("port", "") and ":" not in host:
        port = rest.pop("port", "")
        place = _quote(rest.pop("host")) + (f":{port}" if port else "")
    database = _quote(rest.pop("dbname", ""))
    query = "&".join(f"{name}={_quote(value)}" for name, value in rest.items())
    return f"postgresql://{login + '@' if login else ''}{place}/{database}{'?' + query if query else ''}"


def redact(text: str, parameters: Mapping[str, str]) -> str:
    """The text without the password, plain or as a URL writes it."""
    password = parameters.get("password", "")
    for written in filter(None, (password, _quote(password))):
        text = re.sub(rf"(?<!\w){re.escape(written)}(?!\w)", "***", text)
    return text


def describe(parameters: Mapping[str, str]) -> str:
    """Where the parameters lead, for people: database, host and port, without user and password."""
    host = parameters.get("host") or parameters.get("hostaddr") or "the local socket"
    port = f":{parameters['port']}" if "port" in parameters else ""
    return f"database {parameters.get('dbname', '')!r} on {host}{port}"


def _quote(value: str) -> str:
    return quote(value, safe="")
