"""A PettingZoo parallel environment: every device decides for itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

from ..errors import InputError
from ..options import at_least
from ..problem import Problem
from .actions import actions_of, apart
from .world import LARGEST, World


class DeviceEnv(ParallelEnv[str, Any, Any]):  # type: ignore[misc]  # PettingZoo ships no types
    """One agent a device, over any problem that says what is decided.

    What the agents decide is put together and completed by the problem: who of several gets a slot, and who has to make
    room, is settled there. An agent sees its own row of the features. A reward of each device is each agent's own;
    one of the whole slot is divided among them.

    Parameters
    ----------
    problem
        A problem file, the name of a shipped problem, or a Problem.
    slots
        Length of an episode.
    actions, shares
        See :mod:`~qmectk.environments.actions`.
    **world
        `reward` ("own" by default where the problem gives it, else "slot"), `features`, `optimum`, `settings`,
        `judged`; see :class:`~qmectk.environments.world.World`.

    Raises
    ------
    InputError
        Where something of that does not fit the problem.
    """

    metadata = {"name": "qmectk_devices_v1", "render_modes": [], "is_parallelizable": True}

    def __init__(
        self,
        problem: str | Path | Problem,
        *,
        slots: int = 200,
        actions: str = "hybrid",
        shares: int = 5,
        reward: str | None = None,
        **world: Any,
    ) -> None:
        at_least("slots", slots, 1)
        self.render_mode = None
        self.max_cycles, self.slot = slots, 0
        self.world = World(problem, 1, reward=reward, **world)
        if actions == "multidiscrete":
            raise InputError("a device has no actions 'multidiscrete'", "choose 'discrete': its options are counted")
        self.each = actions_of(self.world.form, actions, shares)
        self.possible_agents = [f"device_{m}" for m in range(self.world.form.devices)]
        self.agents: list[str] = []
        shape = self.world.rows().shape[2:]
        self._observations = {agent: spaces.Box(-LARGEST, LARGEST, shape, np.float32) for agent in self.possible_agents}
        # spaces have generators of their own, so each agent needs one of its own
        self._actions = {agent: actions_of(self.world.form, actions, shares).space for agent in self.possible_agents}
        self._seeds = np.random.default_rng()

    def observation_space(self, agent: str) -> Any:
        return self._observations[agent]

    def action_space(self, agent: str) -> Any:
        return self._actions[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        if seed is not None:
            self._seeds = np.random.default_rng(seed)
        self.world.begin(int(self._seeds.integers(2**31)) if seed is None else seed)
        self.agents, self.slot = list(self.possible_agents), 0
        return self._seen(), self._infos({})

    def step(self, actions: dict[str, Any]) -> tuple[dict, dict, dict, dict, dict]:
        live = self.agents
        parts = [actions[agent] for agent in live]
        if isinstance(self.each.space, spaces.Dict):
            joined: Any = {name: [np.ravel(part[name]) for part in parts] for name in self.each.space}
        else:
            joined = [np.ravel(part) for part in parts]
        decisions = self.world.decisions
        decision = self.each.decision(decisions, apart(self.each.space, joined, (1, len(live))))
        reward, facts = self.world.step(decision)
        each = reward[0] if reward.ndim > 1 else np.full(len(live), reward[0] / len(live))
        self.slot += 1
        over = self.slot >= self.max_cycles
        seen, infos = self._seen(), self._infos({name: float(one[0]) for name, one in facts.items()})
        if over:
            self.agents = []
        return (
            seen,
            dict(zip(live, each.tolist(), strict=True)),
            dict.fromkeys(live, False),
            dict.fromkeys(live, over),
            infos,
        )

    def _seen(self) -> dict[str, Any]:
        return dict(zip(self.possible_agents, self.world.rows()[0], strict=True))

    def _infos(self, facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
        rows = {"action_mask": self.each.mask(self.world.decisions), **self.world.limits()}
        return {
            agent: {"slot": self.slot, **facts, **{name: array[0, m] for name, array in rows.items()}}
            for m, agent in enumerate(self.possible_agents)
        }
