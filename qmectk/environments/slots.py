"""A Gymnasium environment over any problem that says what is decided: one action decides a whole slot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ..options import at_least
from ..problem import Problem
from .actions import Team
from .world import LARGEST, World


class SlotEnv(gymnasium.Env[Any, Any]):
    """One slot a step. Every action is a decision, which the problem completes optimally; none is replaced.

    Episodes have no terminal state: they are truncated after `slots` slots. The observation is what all devices see in
    one row; the reward of several devices is summed. ``info`` holds `action_mask` (what is allowed), `limits` (of
    shares), and of the slot that was just decided `objective`, its records and on request `optimum` and `regret`.

    Parameters
    ----------
    problem
        A problem file, the name of a shipped problem, or a Problem.
    slots
        Length of an episode.
    actions, shares
        See :mod:`~qmectk.environments.actions`.
    **world
        `reward`, `features`, `optimum`, `settings`, `judged`; see :class:`~qmectk.environments.world.World`.

    Raises
    ------
    InputError
        Where something of that does not fit the problem.
    """

    metadata = {"render_modes": []}

    def __init__(
        self,
        problem: str | Path | Problem,
        *,
        slots: int = 200,
        actions: str = "hybrid",
        shares: int = 5,
        render_mode: str | None = None,
        **world: Any,
    ) -> None:
        at_least("slots", slots, 1)
        self.render_mode = render_mode
        self.slots, self.slot = slots, 0
        self.world = World(problem, 1, **world)
        self.team = Team(self.world.form, actions, shares)
        self.observation_space = spaces.Box(-LARGEST, LARGEST, self.world.flat().shape[1:], np.float32)
        self.action_space = self.team.space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.world.begin(int(self.np_random.integers(2**31)) if seed is None else seed)
        self.slot = 0
        return self.world.flat()[0], {"slot": 0, **self._around()}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        reward, facts = self.world.step(self.team.decision(self.world.decisions, action))
        self.slot += 1
        info = {"slot": self.slot, **{name: float(one[0]) for name, one in facts.items()}, **self._around()}
        return self.world.flat()[0], float(reward.sum()), False, self.slot >= self.slots, info

    def action_masks(self) -> NDArray[np.bool_]:
        """What is allowed in one row, as learners ask for it that mask discrete actions (MaskablePPO)."""
        return self.team.mask(self.world.decisions)[0].astype(bool).ravel()

    def _around(self) -> dict[str, Any]:
        limits = {name: array[0] for name, array in self.world.limits().items()}
        return {"action_mask": self.team.mask(self.world.decisions)[0], **limits}
