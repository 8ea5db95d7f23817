"""Copies of a cell whose frames do not depend on each other: fresh fading, every frame scored by the batched kernel.

Rewards of a frame, larger is better; r_m is the weighted rate of device m under the best shares of time, and L_m the
rate of its own CPU when all the time goes to the transfer of energy:

slot        sum_m r_m, the weighted sum rate [Mbit/s]
own         r_m / L_m
difference  (Q(x) - Q(x without m offloading)) / L_m, with Q the value of P2: 0 for devices that stay
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError
from qmectk.views.decisions import Decision, Decisions
from qmectk.worlds.copies import Copies, Outcome, Rewards

from .decisions import OFFLOAD, p1_decisions
from .fixed_action import complete_actions_many, score_actions_many
from .params import P1Params
from .rates import rates
from .worlds import mean_gains

Array = NDArray[np.float64]


def fresh(params: P1Params) -> bool:
    """Whether frames are drawn anew from the same mean gains, so that they need no past."""
    channel: Any = params.channel
    past = (params.changes, params.switching, params.crowd, params.observe, getattr(channel, "mobility", None))
    return channel.model == "rayleigh" and not any(past)


class P1Copies(Copies):
    """So many frames at a time of a problem whose frames are :func:`fresh`.

    Parameters
    ----------
    params
        Of the problem: the frames have its weights, constants and mean gains.
    count
        How many.
    rng
        Draws their fading.
    """

    def __init__(self, params: P1Params, count: int, rng: np.random.Generator) -> None:
        self.params, self.count = params, count
        self.mean = mean_gains(params.channel, params.devices, params.seed)
        self.gains = np.zeros((count, params.devices))
        self.restart(rng)

    def restart(self, rng: np.random.Generator, which: Any = None) -> None:
        drawn = self.mean * rng.standard_exponential(self.gains.shape)
        self._pose(drawn if which is None else np.where(np.asarray(which, bool)[:, None], drawn, self.gains))

    def _pose(self, gains: Array) -> None:
        self.gains = gains
        self.__dict__.pop("decisions", None)

    @cached_property
    def decisions(self) -> Decisions:
        def complete(decision: Decision) -> dict[str, Any]:
            raise InputError("many frames are completed one by one", "take the view of one of them")

        arrays = rates(self.gains, self.params.first_weights, self.params.constants)
        return p1_decisions(*arrays, seen=self.gains, complete=complete)

    @property
    def _frames(self) -> tuple[Array, Array, Array]:
        known: Any = self.decisions.arrays
        return known["passive"], known["scale"], known["snr"]

    def step(self, decision: Decision, rng: np.random.Generator) -> Outcome:
        on = np.asarray(decision.choice) == OFFLOAD
        frames, unit = self._frames, self.decisions.scale
        a, tau = complete_actions_many(*frames, on)
        passive, scale, snr = frames
        share = np.where(tau > 0.0, tau, 1.0)
        offloaded = np.where(tau > 0.0, scale * share * np.log1p(snr * a[:, None] / share), 0.0)
        rates = np.where(on, offloaded, passive * np.cbrt(a)[:, None])
        objective = score_actions_many(*frames, on[:, None, :])[:, 0]

        def difference() -> Array:
            # row m is the action in which device m stays
            tried = np.repeat(on[:, None, :], on.shape[1], axis=1)
            device = np.arange(on.shape[1])
            tried[:, device, device] = False
            return np.asarray((objective[:, None] - score_actions_many(*frames, tried)) / unit)

        rewards = Rewards(slot=lambda: objective, own=lambda: rates / unit, difference=difference)
        self.restart(rng)
        return Outcome(objective, rewards, {"offloading": on.mean(axis=1)})

    def optimum(self) -> Array:
        from qmectk_exact.shared_budget.solve import solve_shared_budget_many

        return np.asarray(solve_shared_budget_many(*self._frames, threads=1).value)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"gains": self.gains.copy()}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        gains = np.array(arrays["gains"], dtype=float)
        if gains.shape != self.gains.shape:
            raise ValueError(f"'gains' has the shape {gains.shape} and not {self.gains.shape}")
        self._pose(gains)


__all__ = ["P1Copies", "fresh"]
