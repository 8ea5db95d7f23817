"""Backends made from one function, and a stream to run them on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import qmectk
import qmectk.documents
from qmectk import Backend, Binary, Budget, Reply, Termination
from qmectk.testing.instances import CongestionStream

Solve = Callable[[Any, Budget, np.random.Generator], Any]


def backend(solve: Solve | None = None, **members: Any) -> type[Backend]:
    """A backend over the Binary view from one function."""

    def default(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)

    chosen = solve or default
    members.setdefault("name", "fake")
    members.setdefault("accepts", (Binary,))
    members["solve"] = lambda self, view, budget, rng: chosen(view, budget, rng)
    return type("Fake", (Backend,), members)


def stream(frames: int = 3, training: int = 0) -> Any:
    return CongestionStream.of(3, frames=frames, training=training)


def solved(made: type[Backend], frames: int = 1, **settings: Any) -> Any:
    return qmectk.solve(stream(frames), made, reference=False, **settings)
