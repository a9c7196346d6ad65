"""What `deployments.apply` says when it cannot bring a Prefect API up to date."""


class DeploymentError(Exception):
    """Pool, deployments or automations could not be applied; the message says what is wrong and what to do."""
