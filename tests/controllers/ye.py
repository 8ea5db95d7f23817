"""Ye's problem for controllers: what a policy costs above the optimum of every slot it meets."""

from __future__ import annotations

from typing import Any

import numpy as np

import qmectk
from qmectk.seeds import generator
from qmectk_controllers.learner import UPDATE


def load(**settings: Any) -> Any:
    return qmectk.load("meqc-ye", **settings)


def through(learner: Any) -> Any:
    """The learner after all its updates."""
    for number in range(learner.updates):
        learner.update(number, generator(UPDATE, learner.seed, number))
    return learner


def excess(problem: Any, decide: Any, slots: int = 60) -> float:
    """Mean over the slots that a policy meets of its objective above the optimum, over the optimal policy's cost."""
    rng = np.random.default_rng(99)
    copies = problem.copies(8, rng)
    above, cost = [], []
    for _ in range(slots):
        mode, share, value = copies.slot.per_device().view.best()
        costs = copies.slot.terms.curves(1.0, 0.0).value(share[..., None])
        cost.append(np.take_along_axis(costs, mode[..., None], axis=-1).sum(axis=(1, 2)))
        above.append(copies.step(decide(copies.decisions, rng), rng).objective - value.sum(axis=-1))
    return float(np.mean(above) / problem.params.V / np.mean(cost))
