"""A judge compares what a model says at one checkpoint with what it said at the one before."""
