"""What a model says at every checkpoint of its training: samples, generation, the callback."""
