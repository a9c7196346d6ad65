"""What model calls cost: prices, and the estimate made before a run. Plain Python, no Prefect, no SQL."""
