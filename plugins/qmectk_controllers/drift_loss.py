"""Training on the drift-plus-penalty bound itself: no reward, no exploration, one gradient through the decision.

What a slot adds to the bound is -sum value y, and value is known, so a network that says y is differentiated through
the projection onto what can be carried out. The states are those that its own decisions lead 32 copies to; now and then
one is put at queues of any length. (Verma et al., Sci. Rep. 15:405, 2025, whose printed loss sum (Q^2 + H^2) - V U has
the queues before the decision in it: its only gradient is that of U.)

Defaults of steps, copies, restarts and clipping are measured (docs/controllers.md).
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from qmectk.errors import Refused
from qmectk.problem import Problem
from qmectk.views import Decision
from qmectk_learned.adam import Adam

from .learner import Arrays, Decider, Learner
from .options_spreading import SpreadOptions
from .projection import fit
from .seeing import Seen, seen_of
from .spreading import Spreading, network_of, within

#: Norm that gradients are shortened to: a deep fade makes one slot in a thousand worth a hundred others.
CLIP = 1.0

#: Step size at the end over that at the beginning.
ANNEALED = 0.05

#: Slots after which load and channel of every copy change in randomised training.
EVERY = 20


def bound(seen: Seen, said: Tensor, y: Tensor) -> Tensor:
    """What the slots add to the bound by what is carried out, in mean sizes of a value, mean over slots."""
    return -(seen.value * y).sum(dim=(1, 2)).mean()


def printed(seen: Seen, said: Tensor, y: Tensor) -> Tensor:
    """-V U of what the network says, feasible or not, in the same unit: all of the printed loss that has a gradient."""
    return -(seen.penalty * said).sum(dim=(1, 2)).mean()


LOSSES = {"bound": bound, "printed": printed}


class DriftLoss(Learner):
    """Adam on the loss of the slots that the copies are at, one step a slot."""

    columns: ClassVar[tuple[str, ...]] = ("loss", "reward")
    acts: ClassVar[type[Decider]] = Spreading
    options: SpreadOptions

    def __init__(self, problem: Problem, options: Any, seed: int) -> None:
        super().__init__(problem, options, seed)
        self.updates = options.slots
        self.copies = self.worlds()
        now = self.copies.decisions
        if not now.spread:
            raise Refused(
                f"{problem.name} lets a device choose, and this learner spreads devices over servers",
                "use it on 'drift', or a learner of choices here",
            )
        self._vary = getattr(self.copies, "vary", None)
        if options.randomised and self._vary is None:
            raise Refused(f"{problem.name} does not say how to vary its load and channel", "leave 'randomised' out")
        found = now.features(options.features)
        devices, columns = now.allowed.shape[-2:]
        self.spec = {
            **options.design(),
            "features": options.features,
            "device": list(found.device_names),
            "pair": list(found.pair_names),
            "devices": devices,
            "columns": columns,
        }
        self.network = network_of(self.spec, int(self.start.integers(2**31))).to(options.device)
        self.adam = Adam(self.network, options.learning_rate, 0.0, clip=CLIP)
        self.loss = LOSSES[options.loss]

    def update(self, number: int, rng: np.random.Generator) -> dict[str, float]:
        options = self.options
        if options.randomised and number % EVERY == 0 and self._vary is not None:
            self._vary(rng)
        seen = seen_of(self.copies.decisions, options.features, options.device)
        said = self.network(seen)
        y = fit(within(self.network, said), seen.load, seen.room)
        loss = self.loss(seen, said, y)
        self.adam.rate = options.learning_rate * (1.0 - (1.0 - ANNEALED) * number / self.updates)
        self.adam.step(loss)
        outcome = self.copies.step(Decision(None, y.detach().cpu().double().numpy()), rng)
        self.copies.scatter(rng, rng.random(options.copies) < options.restarts)
        return {"loss": float(loss.detach()), "reward": float(outcome.reward("slot").mean())}

    def arrays(self) -> Arrays:
        own = {f"adam.{name}": array for name, array in self.adam.arrays().items()}
        return {**own, **{f"copies.{name}": array for name, array in self.copies.arrays().items()}}

    def load(self, arrays: Arrays) -> None:
        parts: dict[str, Arrays] = {"adam": {}, "copies": {}}
        for name, array in arrays.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = array
        self.adam.load(parts["adam"])
        self.copies.load(parts["copies"])

    def policy(self) -> Spreading:
        return Spreading.load(self.spec, Spreading(self.spec, self.network).arrays())


__all__ = ["CLIP", "LOSSES", "DriftLoss", "bound", "printed"]
