"""Evaluators: what is judged about a thread, by rules or by a model, one file each."""
