"""Which slots an environment shows: by its seed, and never one that is judged while it trains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
import qmectk.environments
from qmectk.environments import SlotEnv
from qmectk.simulating import simulate

from .families import NAMES, named


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_decides_the_slots_and_another_one_gives_others(name: str) -> None:
    env = SlotEnv(named(name), slots=50)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(6)]

    def path(seed: int) -> Any:
        first = env.reset(seed=seed)[0]
        return np.stack([first, *(env.step(action)[0] for action in actions)])

    one, other = path(5), path(6)
    np.testing.assert_array_equal(path(5), one)
    assert not np.array_equal(one, other)
    env.reset(seed=5)
    assert not np.array_equal(env.reset()[0], env.reset()[0]) or name.startswith("drift")  # all queues begin empty


@pytest.mark.parametrize("name", NAMES)
def test_no_slot_that_is_judged_is_trained_on(name: str) -> None:
    problem = named(name)
    trained, judged = SlotEnv(problem, slots=30), SlotEnv(problem, slots=30, judged=True)
    assert trained.observation_space == judged.observation_space
    assert trained.action_space == judged.action_space
    action = trained.action_space.sample()

    def rows(env: SlotEnv, seed: int) -> set[bytes]:
        env.reset(seed=seed)
        seen = [env.step(action)[0] for _ in range(10)]
        return {row.tobytes() for row in seen[2:]}  # queues are empty at first, and then there is nothing to tell apart

    held_out = rows(judged, problem.params.seed)
    assert len(held_out) > 1
    for seed in range(6):
        assert not held_out & rows(trained, seed)


def test_the_judged_path_is_that_of_a_simulation() -> None:
    problem = named("drift")
    run = simulate(problem, "exact", slots=15)
    env = SlotEnv(problem, slots=15, judged=True, optimum=True)
    env.reset(seed=problem.params.seed)
    infos = [env.step(np.zeros(6))[4] for _ in range(15)]
    np.testing.assert_array_equal([info["arrived"] for info in infos], run.records["arrived"])
    assert infos[0]["optimum"] == pytest.approx(run.records["objective"][0], abs=1e-9)


def test_judged_frames_are_those_that_are_solved() -> None:
    problem = named("p1")
    env = SlotEnv(problem, slots=25, judged=True, optimum=True)
    env.reset(seed=0)
    best = [env.step(np.zeros(4, int))[4]["optimum"] for _ in range(22)]
    expected = [qmectk.solve(problem.frame(t), "exact").objective for t in range(3)]
    assert best[:3] == pytest.approx(expected, rel=1e-8)
    assert best[20:] == pytest.approx(best[:2])  # and again from the first
