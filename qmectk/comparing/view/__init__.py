"""A live view of a store in the browser, on this machine only."""

from .server import serve

__all__ = ["serve"]
