"""The files the HTML report is made of: its frame, its styles, its scripts."""
