"""The judge `rules`: what can be computed about a thread without any model."""
