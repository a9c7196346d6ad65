"""The three roles of the database, and their names in Postgres."""

from typing import Final, Literal

Role = Literal["owner", "app", "read"]

ROLE_NAMES: Final[dict[Role, str]] = {
    "owner": "evalflows_owner",
    "app": "evalflows_app",
    "read": "evalflows_read",
}
