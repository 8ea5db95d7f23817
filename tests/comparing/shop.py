"""A problem with memory whose slots cost next to nothing, and controllers of it that do well or badly.

The tests put its text where worker processes can import it.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np

from qmectk import Backend, Binary, Instance, LearnedBackend, Problem, ProblemParams, Reply, Termination, view
from qmectk.options import option
from qmectk.worlds.process import Process

#: Customers that may be served in one slot.
ROOM = 4


class Serving(Binary):
    """Who is served: the queue's length is worth of each, and every server has a price."""

    sense = 1

    def __init__(self, price, waiting):
        self.price, self.waiting, self.n = price, waiting, len(price)

    def score(self, actions):
        actions = np.atleast_2d(actions)
        return np.where(actions.sum(axis=1) <= ROOM, actions @ (self.waiting - self.price), -np.inf)

    def complete(self, action):
        return {"x": np.asarray(action, dtype=float)}


class Slot(Instance):
    """Servers to be switched on."""

    unit = "crowns"

    def __init__(self, price, waiting, problem, label):
        self.price, self.waiting, self.problem, self.label = price, waiting, problem, label

    def declare(self, m):
        x = m.var("x", len(self.price), kind="binary")
        m.le(m.sum(x), ROOM, "room")
        m.maximize(m.dot(self.waiting - self.price, x))

    @view(Binary)
    def bits(self):
        return Serving(self.price, self.waiting)


@dataclass(frozen=True)
class Queue:
    slot: int
    waiting: float
    price: np.ndarray


class Shop(Process):
    """A queue, and servers whose prices change; 2 customers come in the mean."""

    goal, backlogs, units = "earned", ("waiting",), {"earned": "crowns"}

    def __init__(self, problem):
        self.problem = problem

    def reset(self, rng):
        return Queue(0, 0.0, rng.uniform(1.0, 2.0, 6))

    def instance(self, state):
        return Slot(self.problem.params.V * state.price, state.waiting, self.problem, f"slot {state.slot}")

    def advance(self, state, values, rng):
        came, price = float(rng.poisson(2.0)), rng.uniform(1.0, 2.0, 6)
        served = float(np.sum(values["x"]))
        facts = {"earned": -float(state.price @ values["x"]), "waiting": max(state.waiting - served, 0.0) + came}
        return Queue(state.slot + 1, facts["waiting"], price), {**facts, "came": came}

    def bound(self, seed, start, stop):
        return Bound()


class Bound:
    def as_dict(self):
        return {"earned": -1.25, "message": "", "many": [1.0, 2.0]}


class ShopParams(ProblemParams):
    V: float = 1.0


class ShopProblem(Problem):
    name, Params = "shop", ShopParams

    def stream(self, start, stop):
        process = Shop(self)
        return [process.instance(Queue(t, 3.0, np.linspace(1.0, 2.0, 6))) for t in range(start, stop)]

    def process(self):
        return Shop(self)


def served(view, count):
    """The cheapest servers that are worth their price, at most `count`."""
    action = np.zeros(view.n, np.int8)
    best = np.argsort(view.price)[:count]
    action[best] = view.waiting > view.price[best]
    return action


class Cheapest(Backend):
    """Leaves a mark for every slot when asked to, and takes its time when asked to."""

    name, accepts = "cheapest", (Binary,)

    @dataclass(frozen=True)
    class Options:
        seconds: float = option(0.0, "of every slot")

    def solve(self, view, budget, rng):
        marks = os.environ.get("QMECTK_TEST_MARKS")
        if marks:
            with open(marks, "a") as file:
                file.write("slot\n")
        time.sleep(self.options.seconds)
        return Reply(served(view, ROOM), Termination.CONVERGED)


class Chancy(Backend):
    """Draws how many it serves."""

    name, accepts = "chancy", (Binary,)

    def solve(self, view, budget, rng):
        return Reply(served(view, int(rng.integers(2, ROOM + 1))), Termination.CONVERGED)


class Nobody(Backend):
    """Serves nobody, which costs nothing."""

    name, accepts = "nobody", (Binary,)

    def solve(self, view, budget, rng):
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


class Everybody(Backend):
    """Serves more than there is room for."""

    name, accepts = "everybody", (Binary,)

    def solve(self, view, budget, rng):
        return Reply(np.ones(view.n, np.int8), Termination.CONVERGED)


class Breaks(Backend):
    """Is well for some slots, and then is not, in the way that it is asked for."""

    name, accepts = "breaks", (Binary,)

    @dataclass(frozen=True)
    class Options:
        how: str = option("raise", "how")

    def __init__(self, options=None):
        super().__init__(options)
        self.slots = 0

    def solve(self, view, budget, rng):
        self.slots += 1
        if self.slots > 20:
            if self.options.how == "raise":
                raise RuntimeError("the till is empty")
            if self.options.how == "die":
                os._exit(9)
            time.sleep(1000)
        return Reply(served(view, ROOM), Termination.CONVERGED)


class Apprentice(LearnedBackend):
    """Learns in 7 seconds by its own account, and keeps count of the slots it has seen."""

    name, accepts = "apprentice", (Binary,)
    slots = 0

    def train(self, stream, fingerprint, budget, rng):
        marks = os.environ.get("QMECTK_TEST_MARKS")
        if marks:
            with open(marks, "a") as file:
                file.write(f"training {fingerprint[:8]} on {len(stream())} frames\n")
        return {"training_seconds": 7.0, "frames": len(stream()), "problem": stream.problem.name}

    def solve(self, view, budget, rng):
        self.slots += 1
        return Reply(served(view, ROOM if self.slots > 10 else 1), Termination.CONVERGED)
