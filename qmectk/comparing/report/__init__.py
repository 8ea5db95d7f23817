"""Reports: one self-contained HTML page, or Markdown and LaTeX tables, of a comparison, and its figures for papers."""

from .pictures import write_figures
from .printing import printed
from .write import write_report

__all__ = ["printed", "write_figures", "write_report"]
