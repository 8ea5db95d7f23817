"""Sections of problem files: their base, what is said of a wrong key, and what a number usually is."""
