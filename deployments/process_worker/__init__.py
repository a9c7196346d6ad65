"""The worker that runs flows in processes: `python -m deployments.process_worker start`, as `prefect worker start`."""
