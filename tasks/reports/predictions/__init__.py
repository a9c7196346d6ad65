"""How the predictions of a training are read: step by step, sample by sample, as tables, words and a page."""
