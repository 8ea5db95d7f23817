"""Reading problem files: hostile until validated."""

from .files import load, parse, resolve

__all__ = ["load", "parse", "resolve"]
