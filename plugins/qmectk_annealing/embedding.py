"""Minor embeddings: every bit of a QUBO as a chain of coupled qubits of a chip.

The polynomial clique embedding (Boothby, King & Roy, Quantum Information Processing 15, 2016) takes a twentieth of a
second and suits dense graphs. Sparse graphs and small ones go through minorminer's heuristic (Cai, Macready & Roy,
arXiv 1406.2741) as well, and the embedding with fewer qubits is taken. Largest cliques of chips without defects: 180
on Pegasus P16, 184 on Zephyr Z12, 232 on Zephyr Z15; every dense QUBO stops there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qmectk.errors import Refused

#: Bits up to which the heuristic finds shorter chains than the clique embedding, for graphs that are no cliques: at 23
#: bits on Pegasus P16 60 qubits instead of 86 where half of the pairs are coupled, 80 where all are.
SMALL = 30

#: Share of the time left that the heuristic may take; the anneals need the rest.
PART = 0.5

#: Share of all pairs that are coupled, from which a graph is embedded as a clique.
DENSE = 0.3

REMEDY = "use -o sampler=qpu with backend 'decompose', which sends pieces that fit, or a smaller instance"


@dataclass(frozen=True)
class Embedding:
    """Chains by variable, and how they were found."""

    chains: dict[Any, tuple[int, ...]]
    method: str

    @classmethod
    def of(cls, chains: dict[Any, Any], method: str) -> Embedding:
        """From what the library returns."""
        return cls({variable: tuple(map(int, chain)) for variable, chain in chains.items()}, method)

    @property
    def qubits(self) -> int:
        """Qubits in all chains."""
        return sum(map(len, self.chains.values()))

    def facts(self) -> dict[str, Any]:
        """What is worth reporting."""
        lengths = [len(chain) for chain in self.chains.values()]
        return {
            "embedding": self.method,
            "qubits": self.qubits,
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
    pairs = bits * (bits - 1) // 2
    found = []
    if clique := busclique.find_clique_embedding(variables, chip, seed=seed, use_cache=False):
        found.append(Embedding.of(clique, "clique"))
    if couplings <= DENSE * pairs or (couplings < pairs and (bits <= SMALL or not found)):
        edges = [*model.quadratic, *((v, v) for v in variables)]
        allowed = seconds * PART if found else seconds
        if chains := minorminer.find_embedding(edges, list(chip.edges), random_seed=seed, timeout=allowed):
            found.append(Embedding.of(chains, "minorminer"))
    if found:
        return min(found, key=lambda one: one.qubits)
    raise Refused(
        f"no embedding of this QUBO ({bits} bits, {couplings} couplings) on the chip ({shape}) was found in "
        f"{seconds:.3g} s",
        REMEDY,
    )
