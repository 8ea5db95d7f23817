"""Registers the mip backends."""
