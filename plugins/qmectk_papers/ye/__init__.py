"""Ye et al., arXiv 2306.14588: one cloud with a CPU and leased qubits, a least average share, and mobility."""

from __future__ import annotations

from pathlib import Path

from ..paper import Paper
from . import experiments, figures

PAPER = Paper(
    name="ye",
    title="Cost-effective task offloading scheduling for hybrid mobile edge-quantum computing (Ye et al.)",
    citation="Z. Ye, Y. Gao, Y. Xiao, M. Xu, H. Yu, D. Niyato: Cost-Effective Task Offloading Scheduling for Hybrid "
    "Mobile Edge-Quantum Computing. arXiv 2306.14588, 2023.",
    claims=Path(__file__).with_name("claims.yaml"),
    experiments={
        "methods": experiments.methods,
        "reversal": experiments.reversal,
        "weights": experiments.weights,
        "tradeoff": experiments.tradeoff,
        "traces": experiments.traces,
        "powers": experiments.powers,
        "sizes": experiments.sizes,
        "qubits": experiments.qubits,
        "targets": experiments.targets,
        "learned": experiments.learned,
    },
    figures={
        "fig3a-weights": (("weights",), figures.weights),
        "fig3b-tradeoff": (("tradeoff",), figures.tradeoff),
        "fig3c-methods": (("methods", "learned"), figures.methods),
        "fig3c-reversal": (("reversal",), figures.reversal),
        "fig4-traces": (("traces",), figures.traces),
        "fig5a-powers": (("powers",), figures.powers),
        "fig5b-sizes": (("sizes",), figures.sizes),
        "fig5c-qubits": (("qubits",), figures.qubits),
        "fig6-targets": (("targets",), figures.targets),
    },
)

__all__ = ["PAPER"]
