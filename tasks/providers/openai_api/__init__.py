"""The OpenAI protocol, which three providers speak: request, reply, errors."""
