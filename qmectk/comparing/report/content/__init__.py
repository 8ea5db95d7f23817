"""What a report says, before it is said in HTML, Markdown or LaTeX; one theme a module."""

from .cells import Cell, Table
from .gather import Content, Part, gather

__all__ = ["Cell", "Content", "Part", "Table", "gather"]
