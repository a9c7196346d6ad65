"""The command line: `evalflows`."""
