"""Templates, style and scripts of the page of a training's predictions."""
