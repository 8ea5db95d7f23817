"""A Gymnasium environment over any time-coupled problem: one action decides a whole slot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from ..problem import Problem
from .episode import LARGEST, Episode
from .spaces import action_space, as_values, by_name


class SlotEnv(gymnasium.Env[Any, Any]):
    """One slot a step; the action holds all declared variables of the slot's problem.

    Actions outside the feasible set are made feasible where the problem says how (``Instance.repair``), and otherwise
    replaced by doing nothing; where that is not allowed the slot goes on with its optimum and the
    reward pays for the violation. ``info`` says so ("replaced", "violation"). Episodes have no terminal state: they are
    truncated after `slots` slots.

    Parameters
    ----------
    problem, reward, settings
        See :class:`~qmectk.environments.episode.Episode`.
    slots
        Length of an episode.
    """

    metadata = {"render_modes": []}

    def __init__(
        self,
        problem: str | Path | Problem = "drift",
        *,
        slots: int = 200,
        reward: str = "slot",
        settings: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
    ) -> None:
        self.render_mode = render_mode
        self.slots = slots
        self.episode = Episode(problem, reward, settings)
        shape = self.episode.observation().shape
        self.observation_space = spaces.Box(-LARGEST, LARGEST, shape, dtype=np.float32)
        self.action_space = action_space(self.episode.variables)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        # the path of an episode is that of a simulation with the same seed
        self.episode.restart(seed if seed is not None else int(self.np_random.integers(2**31)))
        return self.episode.observation(), {"slot": 0}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        variables = self.episode.variables
        done = self.episode.apply(as_values(by_name(action, variables), variables))
        truncated = self.episode.slot >= self.slots
        return self.episode.observation(), done.reward, False, truncated, {**done.info, "slot": self.episode.slot}

    def expert(self, backend: str | None = None) -> Any:
        """The action a backend would take in this slot, for imitation and for regret."""
        from ..solving import solve

        values = solve(self.episode.instance, backend, reference=False).values or {}
        arrays = {
            name: np.atleast_1d(values[name]).astype(np.float64 if variable.kind == "continuous" else np.int8)
            for name, variable in self.episode.variables.items()
        }
        return next(iter(arrays.values())) if len(arrays) == 1 else arrays
