"""The cases of the suite: which instances a backend is asked, in which sizes, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...documents.files import load, shipped
from ...errors import QmectkError
from ...instance import Instance
from ...problem import Problem
from .bits import Knapsack, OneBit, Squares
from .congestion import TRAINING_FRAMES, CongestionParams, CongestionStream
from .continuous import OneServer, Switch, WaterFilling
from .infeasible import Parity, TooLittle, TooMany
from .slow import Chargers, SlowStream


@dataclass(frozen=True)
class Case:
    """Something to solve.

    Attributes
    ----------
    name
        Used in messages.
    make
        Makes it anew, so that no run sees what another one did to it.
    feasible, one_bit
        What it is there to test.
    warm
        For the slow cases: a small sibling on which imports and compilation happen before the clock starts.
    """

    name: str
    make: Callable[[], Problem | Instance]
    feasible: bool = True
    one_bit: bool = False
    warm: Callable[[], Problem | Instance] | None = None

    def instances(self) -> Sequence[Instance]:
        """The frames to solve."""
        made = self.make()
        return made.instances() if isinstance(made, Problem) else [made]


def cases() -> Iterator[Case]:
    """The small cases, on which everything but the time limit is tested."""
    yield Case("knapsack", lambda: Knapsack.drawn(6, 1))
    yield Case("squares", lambda: Squares.drawn(4, 5))
    yield Case("switch", Switch, one_bit=True)
    yield Case("one bit", OneBit, one_bit=True)
    yield Case("water filling", lambda: WaterFilling.drawn(5))
    yield Case("congestion stream", lambda: CongestionStream.of(5))
    yield Case("one-user stream", lambda: CongestionStream.of(1), one_bit=True)
    yield Case("too many", lambda: TooMany(np.array([1.0, 2.0, 3.0])), feasible=False)
    yield Case("parity", Parity, feasible=False)
    yield Case("too little", lambda: TooLittle(np.array([1.0, 2.0])), feasible=False)
    yield Case("infeasible stream", lambda: CongestionStream.of(3, least=4), feasible=False)
    yield Case("one server", lambda: OneServer.drawn(6, 0.4))
    yield Case("one roomy server", lambda: OneServer.drawn(5, 1.0))


def shipped_cases() -> Iterator[Case]:
    """Two frames of every shipped problem, for backends whose view only one of them has."""
    for name, path in shipped().items():
        try:
            load(path)
        except QmectkError:  # a file that cannot be read is the business of its own tests
            continue
        yield case_of(path, f"shipped {name}")


def case_of(path: str | Path, name: str = "") -> Case:
    """Two frames of a problem file; `name` is what messages call it, by default the file."""

    def short() -> Problem:
        whole = load(path)
        return load(path, frames=2, training_frames=min(TRAINING_FRAMES, whole.params.training_frames))

    return Case(name or str(path), short)


def slow_cases() -> Iterator[Case]:
    """Larger ones and slower ones, for the time limit; each has the zero action as a feasible point."""
    yield Case(
        "congestion of 24", lambda: CongestionStream.of(24, frames=1, training=5_000), warm=lambda: _warm_stream(4)
    )
    yield Case(
        "congestion of 12", lambda: CongestionStream.of(12, frames=1, training=5_000), warm=lambda: _warm_stream(3)
    )
    yield Case(
        "congestion of 16, slowly scored",
        lambda: SlowStream(CongestionParams(users=16, frames=1, training_frames=200)),
        warm=lambda: _warm_stream(4),
    )
    yield Case("chargers of 20", lambda: Chargers.drawn(20), warm=lambda: Chargers.drawn(3))
    yield Case("knapsack of 60", lambda: Knapsack.drawn(60, 8), warm=lambda: Knapsack.drawn(5, 2))


def _warm_stream(users: int) -> Problem:
    return CongestionStream.of(users, frames=1)
