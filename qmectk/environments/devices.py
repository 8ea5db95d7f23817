"""A PettingZoo parallel environment: every device decides its own block of the slot's variables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

from ..errors import InputError
from ..problem import Problem
from ..seeds import Stream, generator
from .episode import LARGEST, Episode
from .spaces import action_space, as_values, by_name


class DeviceEnv(ParallelEnv[str, Any, Any]):  # type: ignore[misc]  # PettingZoo ships no types
    """One agent a device, over any process whose variables split by device (blocks of equal size, in order).

    The agents' blocks are put together, made feasible as in the single-agent environment, and applied; all agents get
    the same reward, the whole slot's divided by their number: it is one team.

    Parameters
    ----------
    problem, reward, settings
        See :class:`~qmectk.environments.episode.Episode`.
    slots
        Length of an episode.
    """

    metadata = {"name": "qmectk_devices_v0", "render_modes": [], "is_parallelizable": True}

    def __init__(
        self,
        problem: str | Path | Problem = "drift",
        *,
        slots: int = 200,
        reward: str = "slot",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.render_mode = None
        self.max_cycles = slots
        self.episode = Episode(problem, reward, settings)
        if not hasattr(self.episode.process, "devices"):
            raise InputError(f"{self.episode.problem.name} does not say how many devices it has")
        devices = int(self.episode.process.devices)
        self.possible_agents = [f"device_{m}" for m in range(devices)]
        self.agents: list[str] = []
        self._actions = {
            agent: action_space(self.episode.variables, m, devices) for m, agent in enumerate(self.possible_agents)
        }
        self._observations = {
            agent: spaces.Box(-LARGEST, LARGEST, self.episode.observation_of(m).shape, dtype=np.float32)
            for m, agent in enumerate(self.possible_agents)
        }
        self._random = generator(Stream.SAMPLE, self.episode.problem.params.seed)

    def observation_space(self, agent: str) -> Any:
        return self._observations[agent]

    def action_space(self, agent: str) -> Any:
        return self._actions[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        if seed is not None:
            self._random = generator(Stream.SAMPLE, seed)
        self.agents = list(self.possible_agents)
        self.episode.restart(seed if seed is not None else int(self._random.integers(2**31)))
        return self._seen(), {agent: {"slot": 0} for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[dict, dict, dict, dict, dict]:
        variables = self.episode.variables
        blocks = [by_name(actions[agent], variables) for agent in self.possible_agents]
        joined = {name: np.concatenate([np.atleast_1d(block[name]) for block in blocks]) for name in variables}
        done = self.episode.apply(as_values(joined, variables))
        over = self.episode.slot >= self.max_cycles
        live = self.agents
        reward = done.reward / len(self.possible_agents)
        info = {**done.info, "slot": self.episode.slot}
        seen = self._seen()
        if over:
            self.agents = []
        return (
            seen,
            dict.fromkeys(live, reward),
            dict.fromkeys(live, False),
            dict.fromkeys(live, over),
            {agent: dict(info) for agent in live},
        )

    def _seen(self) -> dict[str, Any]:
        return {agent: self.episode.observation_of(m) for m, agent in enumerate(self.possible_agents)}
