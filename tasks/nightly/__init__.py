"""The night of a plan, without Prefect and Postgres: the plan, its dates, what a change means, the digest."""
