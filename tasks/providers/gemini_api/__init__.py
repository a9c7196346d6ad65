"""The Gemini API: the client of the SDK, request, schema, reply, errors."""
