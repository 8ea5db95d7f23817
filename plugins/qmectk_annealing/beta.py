"""The range of inverse temperatures for simulated annealing, from the coefficients.

The usual default takes the hot end from the largest sum of couplings a bit could ever see, and the cold end from the
smallest coefficient. Both are far off in dense models, where couplings cancel in any state worth visiting and products
of small numbers are no energy differences. Here the flips say it: in a few local minima (steepest descents from
random states) every flip costs something,

    beta_start = ln 2 / (largest cost),      a flip out of a local minimum is accepted at least every second time,
    beta_end   = ln 100 / (smallest cost),   the cheapest one every hundredth time,

and costs below `NOISE` of the largest are taken for zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .couplings import Couplings

MINIMA = 4
NOISE = 1e-6


def beta_range(model: Any, seed: int) -> tuple[float, float]:
    """First and last inverse temperature for a dimod model over bits."""
    from dwave.samplers import SteepestDescentSampler

    minima = SteepestDescentSampler().sample(model, num_reads=MINIMA, seed=seed)
    order = [list(minima.variables).index(label) for label in model.variables]
    return range_of(Couplings.of(model), minima.record.sample[:, order])


def range_of(couplings: Couplings, minima: Any) -> tuple[float, float]:
    """The same from local minima, shape (K, n)."""
    costs = couplings.flips(minima)
    largest = float(costs.max(initial=0.0))
    if largest <= 0.0:
        return 0.1, 1.0  # nothing to decide
    return float(np.log(2.0)) / largest, float(np.log(100.0)) / float(costs[costs > NOISE * largest].min())
