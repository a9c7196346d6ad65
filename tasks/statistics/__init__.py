"""Honest figures: proportions with intervals, and the best and worst case over what was not scored."""
