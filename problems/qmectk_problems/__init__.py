"""The mathematics of the problem families. Their numbers are in ``problems/*.yaml``."""
