"""Files into rows: encodings, CSV, JSON, JSONL, Parquet."""
