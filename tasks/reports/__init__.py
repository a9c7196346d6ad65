"""Reports: what a run found, as a file to read and to hand on."""
