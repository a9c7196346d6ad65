"""What can go wrong between evalflows and its database."""


class DatabaseError(Exception):
    """Root of every error the storage layer raises about the database itself; messages never hold a password."""


class DatabaseUnusable(DatabaseError):
    """The database cannot be used as it is configured; the message is one line that says what to change."""


class DatabaseUnavailable(DatabaseError):
    """The database did not answer, or broke off; the same call may succeed when it is tried again."""
