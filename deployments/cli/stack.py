"""`evalflows up` and `evalflows down`: the local stack of this EVALFLOWS_HOME."""

from settings import get_settings


def up() -> int:
    """Start database, Prefect server with UI, worker and all deployments; Ctrl-C stops them."""
    from deployments.local.up import up as start

    return start(get_settings())


def down() -> int:
    """Stop everything that runs under this EVALFLOWS_HOME: worker, Prefect server, database."""
    from deployments.local.down import down as stop

    stop(get_settings())
    return 0
