"""Prefect tasks (the files here) over plain Python (the folders)."""
