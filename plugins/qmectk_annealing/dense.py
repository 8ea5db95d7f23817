"""FactoredQuadratic -> QUBO: every product written out, for samplers that take nothing else.

The factors of 4096 bits fit in 100 kB; their 8.4 million couplings take hundreds of MiB. The need is known from n
alone, and stated before anything is allocated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # `sparse` at the first look

from qmectk.errors import InputError, Refused
from qmectk.lowerings import Lowering
from qmectk.lowerings.allowance import Allowance
from qmectk.options import option
from qmectk.views import QUBO, FactoredQuadratic, Fidelity, Lowered

from .couplings import Couplings, WrittenOut

#: Bytes a coupling takes at the peak: in the matrix of this module, in dimod (both directions), in a sampler's copy.
BYTES = 96


@dataclass(frozen=True)
class DenseOptions:
    """What users may set."""

    memory: int = option(1024, "MiB that writing out the couplings of a factored problem may take")

    def __post_init__(self) -> None:
        if self.memory < 1:
            raise InputError("option 'memory' must be at least 1 MiB")


class WriteOut(Lowering):
    """Exact without a cardinality; with one, a penalty that no choice of bits can afford to break."""

    name = "couplings written out (dimod)"
    source, target, fidelity = FactoredQuadratic, QUBO, Fidelity.EXACT
    requires, extra = ("dimod",), "qmectk[annealing]"
    Options = DenseOptions

    def apply(self, view: FactoredQuadratic, options: DenseOptions, max_bits: int | None) -> Lowered:
        if max_bits is not None and view.n > max_bits:
            raise Refused(f"its QUBO has {view.n} bits and this backend takes at most {max_bits}")
        couplings = view.n * (view.n - 1) // 2 if view.d or view.penalty or view.cardinality is not None else view.n - 1
        need = couplings * BYTES / 2**20
        if need > options.memory:
            # not a NoRoute: the next route would write the same couplings out without asking
            raise InputError(
                f"a QUBO of {view.n} bits has {couplings} couplings and writing them out takes about {need:.0f} MiB, "
                f"more than the {options.memory} MiB allowed",
                f"set -o memory={int(np.ceil(need))} or use a backend that keeps the factors",
            )
        written, penalty = _coefficients(view)

        def bits(sample: dict[Any, int]) -> Any:
            return np.array([sample[i] for i in range(view.n)], dtype=np.int8)

        def feasible(sample: dict[Any, int]) -> bool:
            return view.cardinality is None or int(bits(sample).sum()) == view.cardinality

        # a penalty never lowers the minimum below the optimum, so bounds travel; points do once they are feasible
        kept = Fidelity.EXACT if view.cardinality is None else Fidelity.BOUNDS
        note = f"{couplings} couplings, {need:.0f} MiB"
        penalties = {} if view.cardinality is None else {"cardinality": penalty}
        allowed = _allowance(view, penalty).energy
        return Lowered(
            WrittenOut(written, penalties, feasible), bits, kept, note, lambda energy: view.objective(energy - allowed)
        )


def _coefficients(view: FactoredQuadratic) -> tuple[Couplings, float]:
    """All coefficients, and the multiplier of the cardinality."""
    n = view.n
    scaled = view.factors * view.signs
    matrix = scaled @ view.factors.T
    linear = view.linear - 2.0 * scaled @ view.target
    offset = view.constant + float(view.signs @ np.square(view.target))
    penalty = 0.0
    if view.cardinality is not None:
        # the excess over what one bit more or less can change makes breaking it never pay (Verma & Lewis 2022)
        chain = np.abs(np.concatenate([[0.0], view.chain, [0.0]]))
        effects = np.abs(linear) + 2.0 * np.abs(matrix).sum(axis=1) + chain[:-1] + chain[1:]
        penalty = 1.1 * float(effects.max(initial=0.0)) or 1.0
        offset += view.penalty * (view.cardinality - view.count) ** 2  # the soft one is a constant then
    weight, count = (view.penalty, view.count) if view.cardinality is None else (penalty, float(view.cardinality))
    if weight:
        matrix += weight
        linear = linear - 2.0 * weight * count
        offset += weight * count**2
    linear = linear + np.diagonal(matrix)  # a bit equals its square
    if not (view.d or view.penalty or view.cardinality is not None):
        at = np.flatnonzero(view.chain)
        both = (np.concatenate([at, at + 1]), np.concatenate([at + 1, at]))
        chain = scipy.sparse.csr_array((np.tile(view.chain[at], 2), both), shape=(n, n))
        return Couplings(linear, chain, offset), penalty
    matrix *= 2.0
    at = np.arange(n - 1)
    matrix[at, at + 1] += view.chain
    matrix[at + 1, at] += view.chain
    np.fill_diagonal(matrix, 0.0)
    return Couplings(linear, matrix, offset), penalty


def _allowance(view: FactoredQuadratic, penalty: float) -> Allowance:
    """What rounding of the coefficients can lift the least energy by; with the multiplier of the cardinality."""
    forms = np.abs(view.factors).sum(axis=0) + np.abs(view.target)
    size = float(forms @ forms) + float(np.abs(view.linear).sum()) + float(np.abs(view.chain).sum())
    size += abs(view.constant) + view.penalty * (view.n + abs(view.count)) ** 2
    if view.cardinality is not None:
        size += penalty * float(view.n + abs(view.cardinality)) ** 2
        size += view.penalty * (view.cardinality - view.count) ** 2
    return Allowance(size, 16 + view.d)


__all__ = ["WriteOut"]
