"""Registers the convex backends."""
