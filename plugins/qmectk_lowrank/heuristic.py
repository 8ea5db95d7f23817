"""Points without a proof: annealing reads polished by descent, from any start, in chunks that a clock can end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qmectk import FactoredQuadratic

from .annealer import Walk, start_walk, sweep, temperatures
from .cancel import cancel_residual
from .compiled import Bits
from .descent import descend
from .form import Form, energy

#: Rounds of descent after a read; it ends earlier where nothing improves.
ROUNDS = 20

_CHUNK_SECONDS = 0.05
_NOWHERE = np.full(1, -1, np.int8)


@dataclass(frozen=True)
class Read:
    """One annealing read: its best bits, their value summed afresh, and the sweeps it made."""

    bits: Bits
    value: float
    sweeps: int


def form_of(view: FactoredQuadratic) -> Form:
    """The arrays of a view in the shape of the compiled code."""
    link = np.zeros(view.n)
    link[:-1] = view.chain
    factors, target, signs, linear = (
        np.require(array, requirements=["C", "W"]) for array in (view.factors, view.target, view.signs, view.linear)
    )
    return Form(factors, target, signs, linear, link, view.penalty, view.count, view.constant)


def words_of(rng: np.random.Generator) -> NDArray[np.uint64]:
    """The state of a read's own random numbers, drawn from a generator."""
    words = rng.integers(1, 2**64, 4, dtype=np.uint64)
    return np.ascontiguousarray(words)


def anneal(
    form: Form,
    pinned: int,
    words: NDArray[np.uint64],
    *,
    sweeps: int,
    start: Bits | None = None,
    hot: float | None = None,
    cold: float | None = None,
    polish: bool = True,
    expired: Callable[[], bool] | None = None,
    tell: Callable[[float], None] | None = None,
) -> Read:
    """One read.

    Parameters
    ----------
    pinned : exact cardinality, or -1
    words : state of the random numbers; changed
    sweeps : sweeps of n proposals
    start : bits to start from; random ones when left out
    hot, cold : first and last temperature; derived from the factors when left out
    polish : descend by best swaps and flips at the end, and cancel the residual where d <= 4
    expired : asked every few hundredths of a second; True ends the read
    tell : called as often with the least value so far
    """
    first, last = temperatures(form)
    first, last = hot or first, cold or last
    walk: Walk = start_walk(form, pinned, _NOWHERE if start is None else start, words)
    done, step = 0, max(1, min(sweeps, 20_000 // len(walk.bits)))
    while done < sweeps:
        mark = time.perf_counter()
        step = min(step, sweeps - done)
        sweep(form, pinned, walk, step, first, last, sweeps)
        done += step
        if tell is not None:
            tell(float(walk.number[1]))
        if expired is not None and expired():
            break
        if time.perf_counter() - mark < 0.5 * _CHUNK_SECONDS:
            step *= 2
        elif time.perf_counter() - mark > _CHUNK_SECONDS:
            step = max(1, step // 2)
    bits = walk.best.copy()
    value = float(walk.number[1])
    if polish and not (expired is not None and expired()):
        value = float(descend(form, pinned, ROUNDS, bits))
        value = cancel_residual(form, bits, value, expired)
        if tell is not None:
            tell(value)
    return Read(bits, value, done)


def quick_point(form: Form, pinned: int) -> tuple[Bits, float]:
    """A good point in a few milliseconds, the same every time."""
    best: tuple[Bits, float] = (np.zeros(0, np.int8), math.inf)
    for seed in range(2):
        read = anneal(form, pinned, words_of(np.random.default_rng([20_251, seed])), sweeps=60)
        if read.value < best[1]:
            best = (read.bits, read.value)
    return best


__all__ = ["Read", "anneal", "energy", "form_of", "quick_point", "words_of"]
