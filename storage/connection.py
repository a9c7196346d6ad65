"""How a role connects: the embedded server's socket, or the URL of the settings and the role it switches to."""

from typing import Final

from settings import Settings
from storage.embedded import start_embedded
from storage.embedded.cluster import DATABASE
from storage.errors import DatabaseUnusable
from storage.roles import ROLE_NAMES, Role
from storage.urls import parse_url

URL_VARIABLE: Final = "EVALFLOWS_DATABASE_URL"
OWNER_VARIABLE: Final = "EVALFLOWS_DATABASE_OWNER_URL"


def connection_parameters(settings: Settings, role: Role) -> dict[str, str]:
    """The libpq parameters to connect as the role; starts the embedded server where no URL is set.

    Raises:
        DatabaseUnusable: A URL cannot be read, or the embedded server cannot run.
        DatabaseUnavailable: The embedded server did not come up in time.
    """
    if settings.database_url is None:
        if settings.database_owner_url is not None:
            raise DatabaseUnusable(f"{OWNER_VARIABLE} is set but {URL_VARIABLE} is not: set both or neither")
        server = start_embedded(settings)
        return {"host": str(server.socket_folder), "user": ROLE_NAMES[role], "dbname": DATABASE}
    if role == "owner" and settings.database_owner_url is not None:
        return parse_url(settings.database_owner_url, OWNER_VARIABLE)
    parameters = parse_url(settings.database_url, URL_VARIABLE)
    return parameters if role == "owner" else _switched(parameters, role)


def app_login(settings: Settings) -> str | None:
    """The login that switches to the roles app and read; None where it is the owner's, or the roles log in."""
    if settings.database_url is None or settings.database_owner_url is None:
        return None
    return parse_url(settings.database_url, URL_VARIABLE).get("user")


def _switched(parameters: dict[str, str], role: Role) -> dict[str, str]:
    """Switch to the role as the connection starts; a login that is the role needs none, nor the pooler's leave."""
    name = ROLE_NAMES[role]
    if parameters.get("user") == name:
        return parameters
    options = f"{parameters.get('options', '')} -c role={name}".strip()
    return {**parameters, "options": options}
