"""Backends that answer like the honest one, and tell nonsense while they run."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from qmectk import Binary, Budget, Reply

from .honest import Honest, breaks, zeros


class Teller(Honest):
    """Tells of its answer before it gives it: the truth, until a subclass tells something else."""

    name = "teller"

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        reply = super().solve(view, budget, rng)
        if reply.point is not None:
            self.tell(view, budget, reply.point, view.sense * float(view.score(reply.point[None, :])[0]))
        return reply

    def tell(self, view: Binary, budget: Budget, action: Any, objective: float) -> None:
        budget.incumbent(objective)
        budget.incumbent(point=action)


@breaks("reports_hold")
class Exaggerates(Teller):
    """Tells of an objective that no point has."""

    def tell(self, view: Binary, budget: Budget, action: Any, objective: float) -> None:
        budget.incumbent(objective + view.sense * 1e3)


@breaks("reports_hold")
class TellsScores(Teller):
    """Tells of its score, which has the wrong sign where the problem is minimised."""

    def tell(self, view: Binary, budget: Budget, action: Any, objective: float) -> None:
        budget.incumbent(view.sense * objective)


@breaks("reports_hold")
class TellsOfNothing(Honest):
    """Tells of an incumbent where there is none: its score is minus infinity."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        budget.incumbent(view.sense * float(view.score(zeros(view)[None, :])[0]))
        return super().solve(view, budget, rng)


@breaks("reports_hold")
class TellsText(Teller):
    """Tells of an objective as it would print it."""

    def tell(self, view: Binary, budget: Budget, action: Any, objective: float) -> None:
        budget.incumbent(f"{objective:.3g} Mbit/s")  # type: ignore[arg-type]


@breaks("reports_hold")
class TellsNoNumber(Teller):
    """Tells of a bound before it has one."""

    proves = True

    def tell(self, view: Binary, budget: Budget, action: Any, objective: float) -> None:
        budget.incumbent(bound=float("nan"))


@breaks("reports_hold")
class TightensTooFar(Teller):
    """Tells of a bound that the optimum beats."""

    proves = True

    def tell(self, view: Binary, budget: Budget, action: Any, objective: float) -> None:
        budget.incumbent(bound=objective - view.sense * 1e3)


@breaks("reports_hold")
class BoundsWithoutLicence(Teller):
    """Tells of a bound, a true one, without declaring that it proves any."""

    def tell(self, view: Binary, budget: Budget, action: Any, objective: float) -> None:
        budget.incumbent(bound=view.sense * 1e6)


@breaks("reports_hold")
class TellsAnIndex(Teller):
    """Tells of a point by its number, which only the backend understands."""

    def tell(self, view: Binary, budget: Budget, action: Any, objective: float) -> None:
        budget.incumbent(point="the third one")


@breaks("reports_hold")
class TellsTooManyBits(Teller):
    """Tells of a point with a bit of its own."""

    def tell(self, view: Binary, budget: Budget, action: Any, objective: float) -> None:
        budget.incumbent(point=np.append(action, np.int8(1)))


@breaks("reports_hold")
class WritesOn(Teller):
    """Tells of its working array and goes on flipping bits in it."""

    def tell(self, view: Binary, budget: Budget, action: Any, objective: float) -> None:
        working = action.copy()
        budget.incumbent(point=working)
        working[0] ^= 1


@breaks("reports_hold")
class Performs(Honest):
    """Works harder when somebody watches."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if budget.recorder is not None:
            rng.random(7)
        return super().solve(view, budget, rng)


@breaks("reports_hold")
class ChargesTheQueue(Honest):
    """Charges the hour its job waited at a service, which was before the run."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        budget._compilation.seconds += 3600.0
        return super().solve(view, budget, rng)


@breaks("reports_hold")
class ChargesBackwards(Honest):
    """Subtracts in the wrong order."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        start = time.perf_counter()
        budget._compilation.seconds += start - time.perf_counter()
        return super().solve(view, budget, rng)
