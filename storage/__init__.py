"""Where results live: records, tables, queries, migrations and the embedded Postgres."""
