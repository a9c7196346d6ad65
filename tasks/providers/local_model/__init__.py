"""A transformers model in this process: where it is, how it is asked, how its answers are kept to a schema."""
