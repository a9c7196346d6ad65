"""The parts of the model client: places, pace, budget, tries, breaker, and what is written down of a call."""
