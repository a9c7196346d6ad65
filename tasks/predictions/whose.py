"""Which job is meant, and whose it is: what everything on predictions is told."""

import getpass
import os
from uuid import UUID

from tasks.errors import RunRefused


def user_of(named: str) -> str:
    """The user named, else JOB_USER_ID, else who runs this process.

    Raises:
        RunRefused: Nobody is named, and the system has no name for this user.
    """
    try:
        return named or os.environ.get("JOB_USER_ID", "") or getpass.getuser()
    except (OSError, KeyError) as error:  # KeyError: before Python 3.13
        raise RunRefused("no user is named, and this process runs as one without a name: set --user") from error


def job_id_of(text: str) -> UUID:
    """A job id as the user wrote it.

    Raises:
        RunRefused: It is not one.
    """
    try:
        return UUID(text)
    except ValueError:
        raise RunRefused(f"{text!r} is not the id of a job: `evalflows jobs list` shows them") from None
