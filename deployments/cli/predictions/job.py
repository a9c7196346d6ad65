"""Which job is meant, and whose: what every command on predictions is told."""

import getpass
import os
from uuid import UUID

from tasks.errors import RunRefused


def user_of(named: str) -> str:
    """The user named, else JOB_USER_ID, else who runs this process."""
    return named or os.environ.get("JOB_USER_ID", "") or getpass.getuser()


def job_id_of(text: str) -> UUID:
    """A job id as the user wrote it.

    Raises:
        RunRefused: It is not one.
    """
    try:
        return UUID(text)
    except ValueError:
        raise RunRefused(f"{text!r} is not a job id: see 'evalflows jobs list'") from None
