"""Two backends that keep every clause, and the mark of those that break one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qmectk import Backend, Binary, Budget, Reply, Termination
from qmectk.options import option
from qmectk.testing.instances import all_actions


@dataclass(frozen=True)
class SamplesOption:
    """Options of the honest backend."""

    samples: int = option(16, "actions tried")


class Honest(Backend):
    """Keeps every clause: the best of a few random actions and of doing nothing."""

    name, accepts, Options = "honest", (Binary,), SamplesOption

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        actions = rng.integers(0, 2, (self.options.samples, view.n)).astype(np.int8)
        actions[0] = 0
        return self.reply(view, actions)

    def reply(self, view: Binary, actions: Any, **claims: Any) -> Reply:
        scores = view.score(actions)
        best = int(np.argmax(scores))
        if not np.isfinite(scores[best]):
            return Reply(None, Termination.CONVERGED)
        return Reply(actions[best], claims.pop("termination", Termination.CONVERGED), **claims)


class Oracle(Honest):
    """Keeps every clause, too: all actions, with the bound that follows."""

    name, proves = "oracle", True
    Options = type(Backend.Options)  # replaced below

    def solve(self, view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
        if view.n > 12:
            return self.reply(view, np.zeros((1, view.n), np.int8))
        actions = all_actions(view.n)
        best = float(np.max(view.score(actions)))
        if not np.isfinite(best):
            return Reply(None, Termination.PROVED)
        stop = Termination.PROVED
        return self.reply(
            view, actions, bound=view.sense * best, proof="enumeration", tolerance=view.tolerance, termination=stop
        )


Oracle.Options = Backend.Options

#: (clause, backend that must fail it).
BROKEN: list[tuple[str, type[Backend]]] = []


def breaks(clause: str) -> Callable[[type[Backend]], type[Backend]]:
    """Note that a backend must fail this clause."""

    def mark(cls: type[Backend]) -> type[Backend]:
        BROKEN.append((clause, cls))
        return cls

    return mark


def zeros(view: Binary) -> Any:
    return np.zeros(view.n, np.int8)
