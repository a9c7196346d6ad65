"""Answers fixed prompts with a model that may be in training, and leaves it as it was."""
