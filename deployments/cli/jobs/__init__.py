"""`evalflows jobs`: training jobs made, trained under, listed, shown and deleted."""
