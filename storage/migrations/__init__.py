"""Alembic's folder: its environment, and one file per change of the schema."""
