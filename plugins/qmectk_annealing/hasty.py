"""Large models under a time limit.

A call of dwave-samplers copies all couplings before it samples, and nothing can end it: seconds at 4096 dense bits. It
is only begun where the time seems enough, and what comes first are steepest descents on the arrays, which need no copy:
4096 dense bits take some hundredths of a second.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from qmectk import QUBO, Budget

from .couplings import Couplings
from .samples import Samples

#: Couplings from which a call takes long enough to be thought about.
LARGE = 200_000

#: A call of the library before anything is known of it, in evaluations of one state on the same machine (measured at
#: 4096 dense bits: 0.01 s an evaluation; model and first copy 3 s for annealing, 3.5 s for descents, 2.5 s for tabu).
CALL = 350.0

#: Descents from random states, which a sampler's first states are then.
DESCENTS = 4


class Hasty:
    """The calls of one run on one model.

    Attributes
    ----------
    needed
        Whether the model is large and the time limited; nothing here does anything otherwise.
    overhead
        Seconds that a call takes before it samples: a guess, then the longest one measured.
    """

    def __init__(self, view: QUBO, budget: Budget) -> None:
        self.view, self.budget = view, budget
        self.needed = budget.limit is not None and view.interactions >= LARGE
        self.overhead = 0.0

    def descents(self, samples: Samples, rng: np.random.Generator, most: int = DESCENTS) -> list[NDArray[np.int8]]:
        """Minima of steepest descents, as many of `most` as there is time for, kept as samples."""
        couplings = Couplings.of_view(self.view)
        found: list[NDArray[np.int8]] = []
        while len(found) < most and not (found and self.budget.expired()):
            found.append(couplings.descent(rng.integers(0, 2, self.view.n), self.budget))
            began = time.perf_counter()
            samples.add_states(found[-1])
            if len(found) == 1:
                self.overhead = max(self.overhead, CALL * (time.perf_counter() - began))
            self.budget.report("steepest descents", len(found), most)
        return found

    def affords(self) -> bool:
        """Whether there is time for a call of the library."""
        return not self.needed or self.budget.remaining > self.overhead


__all__ = ["Hasty"]
