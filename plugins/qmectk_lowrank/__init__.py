"""Exact and heuristic solvers of factored quadratic problems over bits: few squares, a cardinality, a chain."""
