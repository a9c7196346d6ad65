"""Rows on their way to Postgres: written to a spool first, then by a thread, so that nothing waits or is lost."""
