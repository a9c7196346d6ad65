"""Predictions in a training: what the callback needs to begin, when it predicts, where rows go."""
