"""Verma et al. (Scientific Reports 15:405, 2025), run again."""

from __future__ import annotations

from pathlib import Path

from ..paper import Paper
from .experiments import admission, load, printed, sizes, sweep
from .figures import draw_load, draw_methods, draw_printed, draw_sizes, draw_sweep, draw_swings
from .learned import large, methods, swings

PAPER = Paper(
    "verma",
    "Quantum machine learning for Lyapunov-stabilised offloading",
    "Verma et al., Scientific Reports 15:405, 2025, doi 10.1038/s41598-024-84441-w",
    Path(__file__).with_name("claims.yaml"),
    {
        "methods": methods,
        "load": load,
        "sweep": sweep,
        "admission": admission,
        "printed": printed,
        "swings": swings,
        "sizes": sizes,
        "large": large,
    },
    {
        "methods": (("methods",), draw_methods),  # Figs. 6, 7, 9 and 10, Tables 6 and 8
        "load": (("load",), draw_load),
        "sweep": (("sweep",), draw_sweep),  # Figs. 12 to 15 and 18, Table 9
        "printed": (("printed", "large"), draw_printed),  # Fig. 19
        "swings": (("swings",), draw_swings),  # Fig. 20
        "sizes": (("sizes",), draw_sizes),  # Fig. 21
    },
)
