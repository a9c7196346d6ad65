"""The checkpoints of a training: found in its output folder, loaded one after the other."""
