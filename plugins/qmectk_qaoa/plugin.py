"""Registers the qaoa backends."""
