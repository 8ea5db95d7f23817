"""Reports: one self-contained HTML page, or Markdown and LaTeX tables, of a comparison."""

from .write import write_report

__all__ = ["write_report"]
