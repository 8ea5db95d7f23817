"""Registers the annealing backends."""
