"""What the user may say about the judging, read from files."""
