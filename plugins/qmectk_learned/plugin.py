"""Registers the learned backends."""
