"""Problems with continuous variables: alone, beside a bit, and behind a server of limited capacity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...instance import view
from ...language import Language
from ...views import Capacity, Lowered
from .known import Array, Known


@dataclass(eq=False)
class Switch(Known):
    """One bit and one continuous variable: a machine that costs 1 to switch on and then earns up to 6."""

    earning: float = 3.0
    label = "switch"

    def declare(self, m: Language) -> None:
        x = m.var("x", kind="binary")
        y = m.var("y", upper=2)
        m.maximize(self.earning * y - x)
        m.le(y, 2 * x, "only when on")

    def known_optimum(self) -> float:
        return max(0.0, 2.0 * self.earning - 1.0)


@dataclass(eq=False)
class WaterFilling(Known):
    """Continuous and convex: power over parallel channels (Cover & Thomas, Elements of Information Theory, 9.4)."""

    gain: Array
    label = "water filling"

    @classmethod
    def drawn(cls, channels: int) -> WaterFilling:
        """A random one."""
        return cls(np.random.default_rng(13).uniform(0.5, 20.0, channels).round(2))

    def declare(self, m: Language) -> None:
        p = m.var("p", len(self.gain), upper=1)
        m.maximize(m.sum(m.log1p(self.gain * p)))
        m.le(m.sum(p), 1, "power")

    def known_optimum(self) -> float:
        floor = np.sort(1.0 / self.gain)
        for used in range(len(floor), 0, -1):  # the water level over the `used` best channels
            level = (1.0 + floor[:used].sum()) / used
            if level > floor[used - 1]:
                return float(np.log(level / floor[:used]).sum())
        raise AssertionError("one channel always has water")


@dataclass(eq=False)
class OneServer(Known):
    """Devices that share one server of limited capacity: a fractional knapsack, best value per load first."""

    worth: Array
    load: Array
    capacity: float
    label = "one server"

    @classmethod
    def drawn(cls, devices: int, share: float) -> OneServer:
        """A random one, in which the server takes a share of the whole load."""
        rng = np.random.default_rng(14)
        load = rng.uniform(1.0, 5.0, devices).round(2)
        return cls(rng.uniform(-1.0, 9.0, devices).round(2), load, share * float(load.sum()))

    def declare(self, m: Language) -> None:
        y = m.var("y", len(self.worth), upper=1)
        m.maximize(m.dot(self.worth, y))
        m.le(m.dot(self.load, y), self.capacity, "server")

    @view(Capacity)
    def slots(self) -> Lowered:
        """A single column."""
        made = Capacity(self.worth[:, None], self.load[:, None], np.array([self.capacity]), self.load[:, None])
        return Lowered(made, lambda y: {"y": np.asarray(y)[:, 0]})

    def known_optimum(self) -> float:
        left, total = self.capacity, 0.0
        for i in np.argsort(-self.worth / self.load):
            share = min(1.0, left / self.load[i]) if self.worth[i] > 0 else 0.0
            left, total = left - share * self.load[i], total + share * self.worth[i]
        return total
