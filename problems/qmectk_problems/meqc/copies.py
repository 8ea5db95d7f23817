"""Copies of the multi-server problem: fresh slots all the time, since no slot depends on another.

Rewards of a user, larger is better, in logarithms, because costs span four decades:

    own         -log(C_u / C_u at home)
    difference  -log(D_u / C_u at home),  D_u what the slot would cost less without the user (Wolpert & Tumer, 2002)
    published   -sum_u C_u, one number for all of them (Xu et al., arXiv 2504.08134)

Their records are the mean remote share ("offloaded") and the share of users on a QPU ("quantum").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError
from qmectk.problem import Problem
from qmectk.views import Decision, Decisions
from qmectk.views.assignment import match_users
from qmectk.worlds.copies import Copies, Outcome

from .decisions import decisions, home_cost
from .drawn import Drawn, draw
from .instance import MeqcInstance
from .params import MeqcParams
from .settling import seats_everybody, settle

Array = NDArray[np.float64]

#: Least ratio of a cost to the cost at home of which a logarithm is taken: less than any CPU reaches (1e-2), and a user
#: may even cause a negative cost where it keeps another from a QPU that rule (12) would force on it.
LEAST = 1e-3

#: How often a slot without a feasible point is drawn again.
TRIES = 200


class MeqcCopies(Copies):
    """So many slots at once.

    Raises
    ------
    InputError
        Where users share servers, or where hardly any slot has a feasible point.
    """

    def __init__(self, problem: Problem, count: int, rng: np.random.Generator) -> None:
        params = problem.params
        assert isinstance(params, MeqcParams)
        if params.sharing != "none":
            raise InputError(
                f"users share the servers' {params.sharing}, so a user's cost depends on the others",
                "policies learn with 'sharing: none'",
            )
        self.problem, self.params, self.count = problem, params, count
        self.taught = params.rows.taught(params, problem.source or problem.name)
        self._drawn = self._fresh(rng)
        self._pose()
        self._until_feasible(rng)

    def restart(self, rng: np.random.Generator, which: Any = None) -> None:
        fresh = self._fresh(rng)
        self._drawn = fresh if which is None else self._drawn.replaced(fresh, np.asarray(which, bool))
        self._pose()
        self._until_feasible(rng)

    def _fresh(self, rng: np.random.Generator) -> Drawn:
        drawn = draw(self.params, rng, (self.count,))
        if not self.taught.rows:
            return drawn
        return replace(drawn, **self.taught.at(rng.integers(self.taught.rows, size=self.count)))

    def _pose(self) -> None:
        self.slots = MeqcInstance.of(self.params, self._drawn, problem=self.problem)
        self._view = decisions(self.slots)

    def _until_feasible(self, rng: np.random.Generator) -> None:
        for _ in range(TRIES):
            wrong = ~seats_everybody(self.slots)
            if not wrong.any():
                return
            self._drawn = self._drawn.replaced(self._fresh(rng), wrong)
            self._pose()
        raise InputError(
            f"{TRIES} draws in a row gave users that must have a QPU slot more slots than there are",
            "set 'allow_none: true' or more servers",
        )

    @property
    def decisions(self) -> Decisions:
        return self._view

    def step(self, decision: Decision, rng: np.random.Generator) -> Outcome:
        found = settle(self.slots, decision.choice, decision.share)
        objective = found.cost.sum(axis=-1)
        home = np.maximum(home_cost(self.slots), np.finfo(float).tiny)  # a recorded task may be empty
        rewards = {
            "slot": -objective,
            "published": -objective,
            "own": -np.log(np.maximum(found.cost / home, LEAST)),
            "difference": -np.log(np.maximum(found.caused / home, LEAST)),
        }
        records = {"offloaded": found.share.mean(axis=-1), "quantum": found.quantum.mean(axis=-1)}
        self.restart(rng)
        return Outcome(objective, rewards, records)

    def optimum(self) -> Array:
        pair, alone = self.slots.best_costs
        users = np.arange(self.slots.users)
        total = np.empty(self.count)
        for i, (costs, without, slots) in enumerate(zip(pair, alone, self.slots.slots, strict=True)):
            match = match_users(costs, without, slots)
            assert match is not None  # slots without a feasible point are drawn again
            total[i] = np.where(match < 0, without, costs[users, match]).sum()
        return total

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {field.name: np.array(getattr(self._drawn, field.name)) for field in fields(Drawn)}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        for field in fields(Drawn):
            if np.shape(arrays[field.name]) != getattr(self._drawn, field.name).shape:
                raise ValueError(f"'{field.name}' is of other copies")
        self._drawn = Drawn(**{field.name: np.array(arrays[field.name]) for field in fields(Drawn)})
        self._pose()


__all__ = ["MeqcCopies"]
