"""Readings: one target each. Import the one you need; each imports its own library only."""
