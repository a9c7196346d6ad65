"""What one prediction is measured by: its words, how far they are those of the ground truth, whether it refuses."""
