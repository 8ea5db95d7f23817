"""Disciplined convex programming: plain convex problems exactly, continuous relaxations as proved bounds."""
