"""PettingZoo: one agent a device, for every problem that says what is decided."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("gymnasium")
pytest.importorskip("pettingzoo")

from gymnasium import spaces
from pettingzoo.test import parallel_api_test

from qmectk.environments import DeviceEnv, SlotEnv
from qmectk.errors import InputError

from .families import NAMES, named


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("actions", ["hybrid", "discrete", "box"])
def test_parallel_api(name: str, actions: str) -> None:
    parallel_api_test(DeviceEnv(named(name), actions=actions), num_cycles=10)


def joined(actions: dict[str, Any]) -> Any:
    """The actions of all agents as one of the team."""
    parts = list(actions.values())
    if isinstance(parts[0], dict):
        return {name: np.concatenate([np.ravel(part[name]) for part in parts]) for name in parts[0]}
    return np.concatenate([np.ravel(part) for part in parts])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("actions", ["hybrid", "discrete", "box"])
def test_devices_together_act_as_one(name: str, actions: str) -> None:
    problem = named(name)
    together = "multidiscrete" if actions == "discrete" else actions
    team = DeviceEnv(problem, slots=4, actions=actions, reward="slot")
    single = SlotEnv(problem, slots=4, actions=together)
    team.reset(seed=3)
    single.reset(seed=3)
    for _ in range(4):
        chosen = {agent: team.action_space(agent).sample() for agent in team.agents}
        seen, rewards, _, over, infos = team.step(chosen)
        observation, reward, _, truncated, info = single.step(joined(chosen))
        assert sum(rewards.values()) == pytest.approx(reward)
        assert len(set(rewards.values())) == 1  # a reward of the whole slot is divided among them
        assert infos["device_1"]["objective"] == info["objective"]
        np.testing.assert_array_equal(np.stack([i["action_mask"] for i in infos.values()]), info["action_mask"])
        assert sum(row.size for row in seen.values()) == observation.size
    assert all(over.values())
    assert truncated
    assert team.agents == []


@pytest.mark.parametrize("name", ["drift", "meqc", "meqc-ye", "p1"])
@pytest.mark.parametrize("reward", [None, "own", "difference"])
def test_each_device_gets_its_own_reward(name: str, reward: str | None) -> None:
    team = DeviceEnv(named(name), slots=5, reward=reward)
    team.reset(seed=1)
    for _ in range(2):  # queues begin empty
        chosen = {agent: team.action_space(agent).sample() for agent in team.agents}
        kept, view = team.world.copies.arrays(), team.world.decisions
        _, rewards, *_ = team.step(chosen)
    again = team.world.copies
    again.load(kept)
    space = SlotEnv(named(name)).team
    outcome = again.step(space.decision(view, joined(chosen)), np.random.default_rng(0))
    assert list(rewards.values()) == pytest.approx(outcome.reward(reward or "own")[0].tolist())
    assert len(set(rewards.values())) > 1


def test_agents_have_spaces_with_generators_of_their_own() -> None:
    team = DeviceEnv(named("meqc-ye"))
    assert isinstance(team.action_space("device_0"), spaces.Dict)
    assert team.action_space("device_0") is not team.action_space("device_1")
    assert DeviceEnv(named("p1")).action_space("device_0") == spaces.Discrete(2)
    with pytest.raises(InputError, match="a device has no actions 'multidiscrete'"):
        DeviceEnv(named("p1"), actions="multidiscrete")


def test_an_own_mask_and_own_limits() -> None:
    team = DeviceEnv(named("meqc-ye"), slots=30)
    _, infos = team.reset(seed=0)
    for _ in range(10):
        view = team.world.decisions
        for m, info in enumerate(infos.values()):
            np.testing.assert_array_equal(info["action_mask"], view.allowed[0, m])
            np.testing.assert_array_equal(info["limits"][:, 1], view.most[0, m])
        *_, infos = team.step({agent: team.action_space(agent).sample() for agent in team.agents})
