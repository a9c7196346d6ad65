"""How evalflows is run: command line, local stack, deployments."""
