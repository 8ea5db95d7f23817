"""QAROO (Yao et al., arXiv 2604.25740), run again."""

from __future__ import annotations

from pathlib import Path

from ..paper import Paper
from .experiments import circuits, held, learning, structure
from .figures import draw_circuits, draw_held, draw_learning

PAPER = Paper(
    "qaroo",
    "Quantum attention for online offloading (QAROO)",
    "Yao et al., arXiv 2604.25740",
    Path(__file__).with_name("claims.yaml"),
    {"learning": learning, "held": held, "circuits": circuits, "structure": structure},
    {
        "learning": (("learning",), draw_learning),  # Figs. 3 to 5
        "held": (("held",), draw_held),  # Table I
        "circuits": (("circuits",), draw_circuits),  # Fig. 6
    },
)
