"""Backends whose answers cannot be read, measured or written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from qmectk import Binary, Budget, Reply, Termination

from .honest import Honest, Oracle, breaks, zeros
from .own_view import Nowhere


@breaks("takes_an_instance")
class Picky(Honest):
    """Takes nothing."""

    accepts = (Nowhere,)


@breaks("answers_every_frame")
class Crashes(Honest):
    """Raises."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        raise ZeroDivisionError("oops")


@breaks("answers_every_frame")
class Exits(Honest):
    """Takes everybody along."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        sys.exit(3)


@breaks("answers_every_frame")
class CrashesWhenMade(Honest):
    """Raises before it starts."""

    def __init__(self, options: Any = None) -> None:
        raise RuntimeError("no licence")


@breaks("answers_every_frame")
@breaks("claims_measure")
class Tuples(Honest):
    """Returns something else."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Any:
        return zeros(view), "done"


@breaks("answers_every_frame")
class Unreadable(Honest):
    """A reply with a bound and a termination that nobody can read."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(zeros(view), "wonderful", bound="high")  # type: ignore[arg-type]


@breaks("answers_every_frame")
class Lazy(Honest):
    """Answers the first frame only, with all the time in the world."""

    def solve_many(self, views: Sequence[Any], budget: Budget, rngs: Sequence[np.random.Generator]) -> list[Reply]:
        return [self.solve(views[0], budget, rngs[0])]


@breaks("answers_every_frame")
class GivesUp(Honest):
    """Says that it failed."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(None, Termination.FAILED, message="too hard")


@breaks("claims_measure")
class Boasts(Honest):
    """Claims a better objective than its point has."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        score = float(view.score(zeros(view)[None, :])[0])
        claimed = view.sense * score + 1.0
        return Reply(zeros(view), Termination.CONVERGED, objective=claimed if np.isfinite(score) else None)


@breaks("claims_measure")
class BoundWithoutLicence(Honest):
    """Claims a bound without declaring that it proves any."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, zeros(view)[None, :], bound=view.sense * 1e9)


@breaks("claims_measure")
class Misshapen(Honest):
    """Returns a point of another length."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.zeros(view.n + 1, np.int8), Termination.CONVERGED)


@breaks("claims_measure")
class NotANumber(Honest):
    """Claims a bound that is no number."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, zeros(view)[None, :], bound=float("nan"))


@breaks("claims_measure")
class RefutesItself(Honest):
    """Claims a bound that its own point beats."""

    proves = True

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        value = view.sense * float(view.score(zeros(view)[None, :])[0])
        return self.reply(view, zeros(view)[None, :], bound=value - 1.0 if view.sense > 0 else value + 1.0)


@breaks("claims_measure")
class LooseProof(Oracle):
    """A bound up to a tolerance that forgives everything."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, zeros(view)[None, :], bound=view.sense * 1e3, tolerance=0.5)


@breaks("answers_can_be_written")
class OddInfo(Honest):
    """Puts an object into `info`."""

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        return self.reply(view, zeros(view)[None, :], info={"generators": [rng]})
