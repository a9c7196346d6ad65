"""Rows into pieces of threads: which column is what, and what a message holds."""
