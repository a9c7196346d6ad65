"""`evalflows predictions`: what a model says as it trains."""
