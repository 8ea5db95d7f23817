"""Figures of matplotlib: for screens and for the columns of papers, made without a screen, written in one step."""

from .making import DASHES, WIDTHS, drawn
from .saving import SUFFIXES, check, check_folder, check_formats, save_figure

__all__ = ["DASHES", "SUFFIXES", "WIDTHS", "check", "check_folder", "check_formats", "drawn", "save_figure"]
