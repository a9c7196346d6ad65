"""Where threads come from: files of many shapes, and rows of a query."""
