"""Physics that several problem families share. Everything is in SI units; conversions happen at the boundary."""
