"""The local stack of one EVALFLOWS_HOME: database, Prefect server, worker."""
