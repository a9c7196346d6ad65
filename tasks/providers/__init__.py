"""Model providers: one file each, behind one protocol, and the client that retries and keeps the ledger."""
