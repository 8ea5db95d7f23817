"""Fake backends: two that keep every clause, and for every clause some that break it, a theme a file."""

from . import answers, anytime, bounds, declaration, repeatability, surroundings, time_limits
from .honest import BROKEN, Honest, Oracle

__all__ = [
    "BROKEN",
    "Honest",
    "Oracle",
    "answers",
    "anytime",
    "bounds",
    "declaration",
    "repeatability",
    "surroundings",
    "time_limits",
]
