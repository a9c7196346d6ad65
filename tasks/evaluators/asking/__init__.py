"""How a judge is asked: fenced transcripts, windows, verdicts by message, quotations checked."""
