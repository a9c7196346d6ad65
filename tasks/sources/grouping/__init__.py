"""Pieces into whole threads, with flat memory: brought together, made unique, selected."""
