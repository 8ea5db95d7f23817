"""Many copies at once as a Gymnasium vector environment, numpy all the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from ..errors import InputError
from ..options import at_least
from ..problem import Problem
from .actions import Team
from .world import LARGEST, World

Array = NDArray[Any]


class VectorSlotEnv(VectorEnv[Any, Any, Any]):
    """The same as many :class:`~qmectk.environments.SlotEnv`, advanced in one call.

    Parameters
    ----------
    num_envs
        How many.
    autoreset_mode
        What follows a truncated episode: "NextStep", the next step begins a new one and ignores the action;
        "SameStep", it begins at once, and ``info`` holds `final_obs` and `final_info`; "Disabled", the caller says
        which ones begin anew, ``reset(options={"reset_mask": ...})``.
    problem, slots, actions, shares, **world
        See :class:`~qmectk.environments.SlotEnv`.
    """

    def __init__(
        self,
        problem: str | Path | Problem,
        *,
        num_envs: int = 1,
        slots: int = 200,
        actions: str = "hybrid",
        shares: int = 5,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **world: Any,
    ) -> None:
        if world.get("judged"):
            raise InputError("there is one judged path", "evaluate with SlotEnv or DeviceEnv")
        at_least("slots", slots, 1)
        at_least("num_envs", num_envs, 1)
        self.num_envs, self.render_mode = num_envs, render_mode
        self.autoreset = AutoresetMode(autoreset_mode)
        self.metadata = {"render_modes": [], "autoreset_mode": self.autoreset}
        self.slots = slots
        self.world = World(problem, num_envs, **world)
        self.team = Team(self.world.form, actions, shares)
        self.single_observation_space = spaces.Box(-LARGEST, LARGEST, self.world.flat().shape[1:], np.float32)
        self.single_action_space = self.team.space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._slot = np.zeros(num_envs, np.int64)
        self._over = np.zeros(num_envs, bool)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        which = (options or {}).get("reset_mask")
        if which is None:
            self.world.begin(int(self.np_random.integers(2**31)) if seed is None else seed)
            which = np.ones(self.num_envs, bool)
        else:
            self._anew(np.asarray(which, bool))
        self._slot[which], self._over[which] = 0, False
        return self.world.flat(), self._infos({}, which)

    def step(self, actions: Any) -> tuple[Any, Array, Array, Array, dict[str, Any]]:
        fresh = self._over & (self.autoreset is AutoresetMode.NEXT_STEP)
        reward, facts = self.world.step(self.team.decision(self.world.decisions, actions))
        reward = reward if reward.ndim == 1 else reward.sum(axis=1)
        self._slot += 1
        if fresh.any():
            self._anew(fresh)
            reward = np.where(fresh, 0.0, reward)
        self._over = self._slot >= self.slots
        over, last = self._over, {}
        if self.autoreset is AutoresetMode.SAME_STEP and over.any():
            last = self._last(facts, over)
            self._anew(over)
            self._over = np.zeros(self.num_envs, bool)
        infos = self._infos(facts, ~fresh)
        return self.world.flat(), reward, np.zeros(self.num_envs, bool), over.copy(), {**infos, **last}

    def _anew(self, which: Array) -> None:
        self.world.copies.restart(self.world.rng, which)
        self._slot[which] = 0

    def _infos(self, facts: dict[str, Any], known: Array) -> dict[str, Any]:
        """Everything with a leading axis of environments; ``_name`` says of which ones `name` is known."""
        everywhere = np.ones(self.num_envs, bool)
        around = {"slot": self._slot.copy(), "action_mask": self.team.mask(self.world.decisions), **self.world.limits()}
        out: dict[str, Any] = {}
        for names, there in ((facts, known), (around, everywhere)):
            for name, array in names.items():
                out[name], out[f"_{name}"] = array, there
        return out

    def _last(self, facts: dict[str, Any], over: Array) -> dict[str, Any]:
        """What the episodes that are over ended with; observations one by one, as Gymnasium's own environments do."""
        seen = np.full(self.num_envs, None, dtype=object)
        for i, row in zip(np.flatnonzero(over), self.world.flat()[over], strict=True):
            seen[i] = row
        return {
            "final_obs": seen,
            "_final_obs": over.copy(),
            "final_info": self._infos(facts, over),
            "_final_info": over.copy(),
        }
