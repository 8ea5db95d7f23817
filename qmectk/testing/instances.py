"""What backends are tried on: small problems whose optimum is known without any solver.

All but P1 are declared here, so that the suite does not depend on the shipped problems. Numbers are drawn
from fixed seeds. Arrays stay writable on purpose: a backend that writes into them is caught by comparison.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import QmectkError
from ..language import Language
from ..lowerings.base import own_views
from ..plugins import registry
from ..problem import Instance, Problem, ProblemParams, view
from ..spec.files import load, parse, shipped
from ..views import Binary, Capacity, Lowered

Array = NDArray[np.float64]

#: Frames on which learned backends train, and frames they are then asked for.
TRAINING_FRAMES = 200
FRAMES = 3

#: Most bits whose actions are enumerated to know an optimum.
MOST_BITS = 14


def all_actions(n: int) -> NDArray[np.int8]:
    """Every action of n bits, shape (2^n, n)."""
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.int8)


class Unknown(LookupError):
    """The optimum of an instance can only be found by a solver."""


def true_optimum(instance: Instance) -> float | None:
    """The optimal value by a closed form or by enumeration; None when there is no feasible point.

    Raises
    ------
    Unknown
        When it takes a solver to find it.
    """
    if isinstance(instance, Known):
        return instance.known_optimum()
    for own in own_views(type(instance)):
        if issubclass(own.target, Binary):
            binary: Any = own.apply(instance, own.Options(), None).view
            if binary.n <= MOST_BITS:
                best = float(np.max(binary.score(all_actions(binary.n))))
                return binary.sense * best if np.isfinite(best) else None
    raise Unknown(f"no way to find the optimum of {instance.label} without a solver")


class Known(Instance):
    """An instance that knows its optimum. By default its variables are the bits `x`, and they are enumerated."""

    def known_optimum(self) -> float | None:
        """The optimal value, or None when infeasible."""
        measured = [self.measure({"x": np.asarray(x, dtype=float)}) for x in all_actions(self.signature.bits)]
        values = [m.sense * m.objective for m in measured if m.violation <= 1e-9]
        return measured[0].sense * max(values) if values else None


@dataclass(eq=False)
class Knapsack(Known):
    """Linear, bits only: maximise values of the chosen items under one or several capacities."""

    values: Array
    weights: Array  #: (capacities, items), whole numbers
    capacity: Array
    label = "knapsack"

    @classmethod
    def drawn(cls, items: int, capacities: int, seed: int = 11) -> Knapsack:
        """A random one; with many items and capacities, values close to the weights make it slow to prove."""
        rng = np.random.default_rng(seed)
        weights = rng.integers(5, 40, (capacities, items)).astype(float)
        values = weights.mean(axis=0).round() + rng.integers(1, 8, items)
        return cls(values, weights, np.floor(weights.sum(axis=1) / 2))

    def declare(self, m: Language) -> None:
        x = m.var("x", len(self.values), kind="binary")
        m.maximize(m.dot(self.values, x))
        m.le(self.weights @ x, self.capacity, "capacity")


@dataclass(eq=False)
class Squares(Known):
    """Quadratic, bits only, minimised: the closest combination of columns to a target."""

    columns: Array
    target: Array
    label = "squares"

    @classmethod
    def drawn(cls, rows: int, bits: int) -> Squares:
        """A random one."""
        rng = np.random.default_rng(12)
        return cls(rng.normal(size=(rows, bits)).round(2), rng.normal(size=rows).round(2))

    def declare(self, m: Language) -> None:
        x = m.var("x", self.columns.shape[1], kind="binary")
        m.minimize(m.sum(m.square(self.columns @ x - self.target)))


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
class OneBit(Known):
    """The smallest binary problem: one bit in a vector of length 1."""

    worth: float = 2.5
    label = "one bit"

    def declare(self, m: Language) -> None:
        x = m.var("x", 1, kind="binary")
        m.minimize(m.sum(-self.worth * x))


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


class CongestionBinary(Binary):
    """Congestion's own Binary view."""

    def __init__(self, instance: Congestion) -> None:
        self.instance = instance
        self.n, self.sense = len(instance.gain), 1

    def score(self, actions: Any) -> Array:
        x = np.atleast_2d(actions).astype(float)
        one = self.instance
        scores = x @ one.gain - (x @ one.load) ** 2
        return np.where(x.sum(axis=1) >= one.least, scores, -np.inf)

    def complete(self, action: Any) -> dict[str, Any]:
        return {"x": np.asarray(action, dtype=float)}


@dataclass(eq=False)
class Congestion(Known):
    """Users of one resource: each earns alone, all suffer from the square of the load. It hands over a Binary view."""

    gain: Array
    load: Array
    least: int
    problem: CongestionStream | None = None
    label = "congestion"

    def declare(self, m: Language) -> None:
        x = m.var("x", len(self.gain), kind="binary")
        m.maximize(m.dot(self.gain, x) - m.square(m.dot(self.load, x)))
        if self.least:
            m.ge(m.sum(x), self.least, "users")

    @view(Binary)
    def binary(self) -> CongestionBinary:
        """Scores in one matrix product."""
        return CongestionBinary(self)

    def known_optimum(self) -> float | None:
        best = float(np.max(self.binary().score(all_actions(len(self.gain)))))
        return best if np.isfinite(best) else None


class CongestionParams(ProblemParams):
    """Number of users, and how many of them must be served."""

    problem: str = "congestion"
    users: int = 5
    least: int = 0


class CongestionStream(Problem):
    """Frames of Congestion, for backends that learn."""

    name = "congestion"
    Params = CongestionParams
    params: CongestionParams

    @classmethod
    def of(cls, users: int, *, least: int = 0, frames: int = FRAMES, training: int = TRAINING_FRAMES) -> Problem:
        """A stream."""
        return cls(CongestionParams(seed=0, users=users, least=least, frames=frames, training_frames=training))

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        return [self._frame(t) for t in range(start, stop)]

    def _frame(self, t: int) -> Congestion:
        rng = np.random.default_rng([self.params.seed, t])
        n = self.params.users
        return Congestion(rng.uniform(0.5, 4.0, n), rng.uniform(0.1, 1.0, n), self.params.least, self)


def p1(devices: int, *, frames: int = FRAMES, training: int = TRAINING_FRAMES) -> Problem:
    """A stream of the shipped problem P1."""
    return parse(f"{{problem: p1, devices: {devices}, frames: {frames}, training_frames: {training}}}")


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
    if "p1" in registry().problems:
        yield Case("p1 stream", lambda: p1(4))
        yield Case("p1 with one device", lambda: p1(1, frames=1), one_bit=True)


def shipped_cases() -> Iterator[Case]:
    """Two frames of every shipped problem, for backends whose view only one of them has."""
    for name, path in shipped().items():
        try:
            load(path)
        except QmectkError:  # a file that cannot be read is the business of its own tests
            continue
        yield Case(f"shipped {name}", lambda path=path: _short(path))  # type: ignore[misc]


def _short(path: Path) -> Problem:
    whole = load(path)
    return load(path, frames=2, training_frames=min(TRAINING_FRAMES, whole.params.training_frames))


def slow_cases() -> Iterator[Case]:
    """Larger ones, for the time limit; each has the zero action as a feasible point."""
    yield Case(
        "congestion of 24", lambda: CongestionStream.of(24, frames=1, training=5_000), warm=lambda: _warm_stream(4)
    )
    yield Case(
        "congestion of 12", lambda: CongestionStream.of(12, frames=1, training=5_000), warm=lambda: _warm_stream(3)
    )
    yield Case("knapsack of 60", lambda: Knapsack.drawn(60, 8), warm=lambda: Knapsack.drawn(5, 2))
    if "p1" in registry().problems:
        yield Case(
            "p1 with 24 devices",
            lambda: p1(24, frames=2, training=5_000),
            warm=lambda: p1(3, frames=2, training=TRAINING_FRAMES),
        )


def _warm_stream(users: int) -> Problem:
    return CongestionStream.of(users, frames=1)
