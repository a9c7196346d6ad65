"""The checks of the judge `rules`, one idea per file; `tasks.evaluators.rules.catalog` lists them."""
