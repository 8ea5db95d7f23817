"""Xu et al., arXiv 2504.08134: users, edge servers with CPUs and QPUs, and hybrid multi-agent PPO."""

from __future__ import annotations

from pathlib import Path

from ..paper import Paper
from . import experiments, figures, learning

PAPER = Paper(
    name="xu",
    title="Hybrid reinforcement learning for mobile edge-quantum computing (Xu et al.)",
    citation="M. Xu, D. Niyato, J. Kang, Z. Xiong, M. Chen, D. I. Kim, X. Shen: Hybrid Reinforcement Learning-based "
    "Sustainable Multi-User Computation Offloading for Mobile Edge-Quantum Computing. arXiv 2504.08134, 2025.",
    claims=Path(__file__).with_name("claims.yaml"),
    experiments={
        "methods": experiments.methods,
        "settings": experiments.settings,
        "clocks": experiments.clocks,
        "qubits": experiments.qubits,
        "coherence": experiments.coherence,
        "learned": learning.learned,
    },
    figures={
        "fig4-6-baselines": (("methods",), figures.baselines),
        "fig4-6-learned": (("learned",), figures.learned),
        "fig7-clocks": (("clocks",), figures.clocks),
        "fig8-qubits": (("qubits",), figures.qubits),
        "fig9-coherence": (("coherence",), figures.coherence),
        "modes": (("settings",), figures.modes),
    },
)

__all__ = ["PAPER"]
