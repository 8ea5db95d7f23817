"""Minor embeddings: every bit of a QUBO as a chain of coupled qubits of a chip.

Sparse graphs and small ones go through minorminer's heuristic (Cai, Macready & Roy, arXiv 1406.2741), dense ones
through its polynomial clique embedding (Boothby, King & Roy, Quantum Information Processing 15, 2016). Largest cliques
of chips without defects: 180 on Pegasus P16, 184 on Zephyr Z12, 232 on Zephyr Z15; every dense QUBO stops there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qmectk.errors import Refused

#: Bits up to which the heuristic finds shorter chains than the clique embedding in a fraction of a second.
SMALL = 30

#: Share of all pairs that are coupled, from which a graph is embedded as a clique.
DENSE = 0.3

REMEDY = "use -o sampler=qpu with backend 'decompose', which sends pieces that fit, or a smaller instance"


@dataclass(frozen=True)
class Embedding:
    """Chains by variable, and how they were found."""

    chains: dict[Any, tuple[int, ...]]
    method: str

    def facts(self) -> dict[str, Any]:
        """What is worth reporting."""
        lengths = [len(chain) for chain in self.chains.values()]
        return {
            "embedding": self.method,
            "qubits": int(sum(lengths)),
            "longest_chain": int(max(lengths, default=0)),
            "mean_chain": float(np.mean(lengths)) if lengths else 0.0,
        }


def check_size(bits: int, couplings: int, chip: Any) -> None:
    """Refuse what has more bits or couplings than a chip has qubits or couplers; nothing of it is looked at."""
    if bits > len(chip) or couplings > chip.number_of_edges():
        raise Refused(
            f"this QUBO has {bits} bits and {couplings} couplings, and the chip ({_shape(chip)}) {len(chip)} qubits "
            f"and {chip.number_of_edges()} couplers",
            REMEDY,
        )


def _shape(chip: Any) -> str:
    return f"{chip.graph.get('family', 'chip')} {chip.graph.get('rows', '')}".strip()


def embed(model: Any, chip: Any, seconds: float, seed: int) -> Embedding:
    """Chains for the coupling graph of a dimod model on a networkx graph of working qubits.

    Raises
    ------
    Refused
        When the chip is too small, or none was found in time.
    """
    import minorminer
    from minorminer import busclique

    bits, couplings, shape = model.num_variables, model.num_interactions, _shape(chip)
    check_size(bits, couplings, chip)
    variables = list(model.variables)
    clique = bits > SMALL and couplings > DENSE * bits * (bits - 1) / 2
    for method in ("clique", "minorminer") if clique else ("minorminer", "clique"):
        if method == "clique":
            chains = busclique.find_clique_embedding(variables, chip, seed=seed, use_cache=False)
        elif clique and bits > 64 and couplings == bits * (bits - 1) // 2:
            continue  # the clique embedding is as good as it gets for a clique
        else:
            edges = [*model.quadratic, *((v, v) for v in variables)]
            chains = minorminer.find_embedding(edges, list(chip.edges), random_seed=seed, timeout=seconds)
        if chains:
            return Embedding({v: tuple(map(int, chain)) for v, chain in chains.items()}, method)
    raise Refused(
        f"no embedding of this QUBO ({bits} bits, {couplings} couplings) on the chip ({shape}) was found in "
        f"{seconds:.3g} s",
        REMEDY,
    )
