"""Reading problem files: hostile until validated."""

from .load import load, parse, resolve

__all__ = ["load", "parse", "resolve"]
