"""Registers the papers."""

from __future__ import annotations

from typing import Any

from qmectk.extending.hookspecs import hookimpl
from qmectk.extending.parts import Part

#: Name, a line of help, and where the paper is within this package.
PAPERS: tuple[tuple[str, str, str], ...] = (
    ("qaroo", "online offloading by recurrent and quantum policies (Yao et al. 2026)", "qaroo:PAPER"),
    ("qahan", "hard attention by QUBO, its variants and baselines (Zhao, arXiv 2412.20930)", "qahan:PAPER"),
    ("verma", "offloading by drift plus penalty and quantum networks (Verma et al. 2025)", "verma:PAPER"),
    ("xu", "edge servers with CPUs and QPUs, hybrid multi-agent PPO (Xu et al., arXiv 2504.08134)", "xu:PAPER"),
    ("ye", "one cloud with a CPU and leased qubits, DQN + DDPG (Ye et al., arXiv 2306.14588)", "ye:PAPER"),
)


@hookimpl
def qmectk_register_parts(register: Any) -> None:
    for name, summary, place in PAPERS:
        register(Part("paper", name, summary, f"qmectk_papers.{place}"))
