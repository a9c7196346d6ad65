"""The queries, one module per subject: each takes an open session and never commits."""
