"""Problems without a feasible point, with bits, continuous variables and both."""

from __future__ import annotations

from dataclasses import dataclass

from ...language import Language
from .known import Array, Known


class Impossible(Known):
    """No feasible point."""

    def known_optimum(self) -> None:
        return None


@dataclass(eq=False)
class TooMany(Impossible):
    """Bits: three items of which four must be chosen; its relaxation is infeasible, too."""

    worth: Array
    label = "too many"

    def declare(self, m: Language) -> None:
        x = m.var("x", len(self.worth), kind="binary")
        m.maximize(m.dot(self.worth, x))
        m.ge(m.sum(x), len(self.worth) + 1, "more than there are")


@dataclass(eq=False)
class Parity(Impossible):
    """Bits and a continuous variable: infeasible although its relaxation is feasible."""

    worth: float = 1.0
    label = "parity"

    def declare(self, m: Language) -> None:
        x = m.var("x", 2, kind="binary")
        y = m.var("y", upper=1)
        m.maximize(self.worth * y + x[0])
        m.eq(2 * m.sum(x), 3, "odd")
        m.le(y, x[1], "only with the second")


@dataclass(eq=False)
class TooLittle(Impossible):
    """Continuous: more must be given than there is."""

    cost: Array
    label = "too little"

    def declare(self, m: Language) -> None:
        y = m.var("y", len(self.cost))
        m.minimize(m.dot(self.cost, y))
        m.le(m.sum(y), 1, "supply")
        m.ge(m.sum(y), 2, "demand")
