"""The migrations, in order of the number their names begin with, which is the revision."""
