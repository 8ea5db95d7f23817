"""The problem family meqc: parameters to slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from qmectk.instance import Instance
from qmectk.problem import Problem
from qmectk.worlds.copies import Copies
from qmectk.worlds.process import slot_generator

from .copies import MeqcCopies
from .drawn import Drawn, draw
from .instance import MeqcInstance
from .params import MeqcParams


class Meqc(Problem):
    """Edge servers with CPUs and QPUs, one quantum task a server (Xu et al.)."""

    name = "meqc"
    environment = "qmectk/Meqc-v0"
    summary = "users to edge servers with CPUs and QPUs, one quantum task a server (Xu)"
    Params = MeqcParams
    params: MeqcParams

    def memory(self, start: int, stop: int) -> float:
        # seven arrays of times, energies and choices a slot, and five while one is made
        return 8.0 * self.params.users * self.params.servers * (7 * (stop - start) + 5)

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        return [self.draw(slot_generator(self.params.seed, t), t) for t in range(start, stop)]

    def fingerprint(self) -> str:
        return self.params.rows.stamped(super().fingerprint())

    def copies(self, count: int, rng: np.random.Generator) -> Copies:
        return MeqcCopies(self, count, rng)

    def draw(self, rng: np.random.Generator, frame: int = 0) -> MeqcInstance:
        """A slot; slots are independent, so the optimum of each is the best policy in the long run."""
        drawn = draw(self.params, rng)
        return self.slot(replace(drawn, **self.params.rows.at(frame)), frame)

    def instance(self, *, frame: int = 0, **drawn: Any) -> MeqcInstance:
        """The slot with these tasks and servers: the arrays of :class:`~.drawn.Drawn` by name, `order` aside."""
        arrays = {name: np.asarray(array) for name, array in drawn.items()}
        return self.slot(Drawn(**arrays, order=np.arange(arrays["scale"].shape[-1], dtype=float)), frame)

    def slot(self, drawn: Drawn, frame: int = 0) -> MeqcInstance:
        """The slot, or with leading axes the slots, that this becomes."""
        return MeqcInstance.of(self.params, drawn, frame, self)
