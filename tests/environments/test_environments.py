"""Environments: the official checks, hybrid spaces, and the same numbers as a simulation."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

import qmectk.environments  # noqa: E402
from qmectk import Instance, Problem, ProblemParams  # noqa: E402
from qmectk.environments import SlotEnv  # noqa: E402
from qmectk.errors import InputError  # noqa: E402
from qmectk.simulating import simulate  # noqa: E402
from qmectk.spec import parse  # noqa: E402

SMALL = "{problem: drift, devices: 3, servers: 2, server_cpu: 6 GHz, weights: {throughput: 0, power: 1}}"


@pytest.mark.parametrize("settings", [{}, {"one_server": True}, {"local": {"service": True}}])
@pytest.mark.parametrize("reward", ["slot", "utility"])
def test_gymnasium_check(settings, reward):
    from gymnasium.utils.env_checker import check_env

    small = {"devices": 3, "servers": 2, "server_cpu": 6e9}
    env = gymnasium.make("qmectk/Drift-v0", slots=20, settings={**small, **settings}, reward=reward)
    check_env(env.unwrapped)


def test_registered_on_import_and_by_module_name():
    env = gymnasium.make("qmectk/Drift-v0", slots=5)
    assert env.reset(seed=0)[0].shape == env.observation_space.shape
    code = "import gymnasium; gymnasium.make('qmectk.environments:qmectk/Drift-v0').reset(seed=0)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
    qmectk.environments.register()  # twice is once


@pytest.mark.skipif(
    [int(part) for part in gymnasium.__version__.split(".")[:2]] < [1, 4], reason="older versions load the entry point"
)
def test_without_the_import_gymnasium_says_what_the_page_says():
    code = "import gymnasium; gymnasium.make('qmectk/Drift-v0')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("gymnasium.error.NamespaceNotFound: Namespace qmectk not found")
    with pytest.raises(gymnasium.error.NameNotFound):
        gymnasium.make("qmectk/Drifd-v0")


def test_hybrid_action_space_is_stated_plainly():
    from gymnasium import spaces

    assert isinstance(SlotEnv(parse(SMALL)).action_space, spaces.Box)
    hybrid = SlotEnv(parse(SMALL), settings={"one_server": True}).action_space
    assert isinstance(hybrid, spaces.Dict)
    assert isinstance(hybrid["y"], spaces.Box)
    assert isinstance(hybrid["z"], spaces.MultiBinary)


def test_expert_actions_give_the_rewards_of_the_simulation():
    problem = parse(SMALL)
    run = simulate(problem, "exact", slots=15)
    env = SlotEnv(problem, slots=15)
    env.reset(seed=problem.params.seed)
    rewards, done = [], False
    while not done:
        _, reward, _, done, info = env.step(env.expert())
        rewards.append(reward)
        assert not info["replaced"]
    assert rewards == pytest.approx(run.records["objective"], rel=1e-9, abs=1e-9)


def test_any_action_is_made_feasible():
    env = SlotEnv(parse(SMALL), slots=50)
    env.reset(seed=2)
    for action in (np.full(6, 1.0), np.full(6, np.nan), np.full(6, 7.0), np.zeros(6)):
        _, reward, *_, info = env.step(action.astype(np.float32))
        assert np.isfinite(reward)
        assert not info["replaced"]
        assert info["violation"] <= 1e-9


def test_independent_frames_are_a_bandit():
    env = SlotEnv(parse("{problem: p1, devices: 4, frames: 20}"), slots=10)
    observation, _ = env.reset(seed=0)
    assert observation.shape == env.observation_space.shape
    _, best, *_ = env.step(env.expert())
    env.reset(seed=0)
    zero = {
        name: space.low if hasattr(space, "low") else np.zeros(space.shape) for name, space in env.action_space.items()
    }
    _, nothing, *_ = env.step(zero)
    assert best > nothing


class MustServe(Instance):
    """One bit that must be set, which doing nothing does not do."""

    label = "must serve"

    def declare(self, m):
        x = m.var("x", 1, kind="binary")
        m.minimize(3 * m.sum(x))
        m.ge(m.sum(x), 1, "set")


class MustServeProblem(Problem):
    name, Params = "must-serve", ProblemParams

    def stream(self, start, stop):
        return [MustServe() for _ in range(start, stop)]


def test_an_infeasible_action_costs_more_than_any_feasible_one():
    pytest.importorskip("cvxpy")
    env = SlotEnv(MustServeProblem(ProblemParams(problem="must-serve", frames=3)))
    env.reset(seed=0)
    _, right, *_, info = env.step(np.ones(1, np.int8))
    assert right == -3
    assert not info["replaced"]
    _, wrong, *_, info = env.step(np.zeros(1, np.int8))
    assert wrong == pytest.approx(-6)
    assert info["replaced"]


def test_mistakes_are_named():
    env = SlotEnv(parse(SMALL), reward="power consumption")
    env.reset(seed=0)
    with pytest.raises(InputError, match="no record 'power consumption'"):
        env.step(env.action_space.sample())


@pytest.mark.parametrize("settings", [{}, {"one_server": True}])
def test_pettingzoo_parallel_api(settings):
    pytest.importorskip("pettingzoo")
    from pettingzoo.test import parallel_api_test

    from qmectk.environments import DeviceEnv

    parallel_api_test(DeviceEnv(parse(SMALL), settings=settings), num_cycles=30)


def test_devices_together_act_as_one():
    pytest.importorskip("pettingzoo")
    from qmectk.environments import DeviceEnv

    team, single = DeviceEnv(parse(SMALL), slots=8), SlotEnv(parse(SMALL), slots=8)
    team.reset(seed=3)
    single.reset(seed=3)
    rng = np.random.default_rng(0)
    for _ in range(8):
        action = rng.uniform(0, 1, 6).astype(np.float32)
        _, rewards, _, over, infos = team.step({f"device_{m}": action[2 * m : 2 * m + 2] for m in range(3)})
        _, reward, _, truncated, info = single.step(action)
        assert sum(rewards.values()) == pytest.approx(reward)
        assert infos["device_1"]["power"] == info["power"]
    assert all(over.values())
    assert truncated
    assert team.agents == []
