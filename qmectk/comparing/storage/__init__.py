"""The store of runs: one SQLite file that many processes share, read by conditions, and merged."""
