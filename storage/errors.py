"""What can go wrong between evalflows and its database."""


class DatabaseError(Exception):
    """Root of every error the storage layer raises about the database itself; messages never hold a password."""


class DatabaseUnusable(DatabaseError):
    """The database cannot be used as it is configured; the message is one line that says what to change."""


class DatabaseUnavailable(DatabaseError):
    """The database did not answer, or broke off; the same call may succeed when it is tried again."""


class JobNotFound(DatabaseError):
    """The user has no training job of this id; the message says how one is made."""


class RowsRefused(DatabaseError):
    """Postgres was there and would not take the rows, and never will; the message is one line without their content."""
