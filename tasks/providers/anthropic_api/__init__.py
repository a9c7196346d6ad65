"""The Messages API of Anthropic: request, reply, errors."""
