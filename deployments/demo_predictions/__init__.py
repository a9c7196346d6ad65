"""The parts of `evalflows demo predictions`: a tiny base model, and a training script to read."""
