"""Functions that numba compiles, once on a machine."""
