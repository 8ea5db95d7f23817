"""Vector environments: the same slots as one by one, autoreset as Gymnasium asks, and its own wrappers around them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.vector import AutoresetMode  # noqa: E402

import qmectk.environments  # noqa: E402, F401
from qmectk.environments import SlotEnv, VectorSlotEnv  # noqa: E402
from qmectk.errors import InputError  # noqa: E402

from .families import NAMES, named  # noqa: E402


@pytest.mark.parametrize("name", ["Drift", "Meqc", "MeqcYe", "P1"])
def test_make_vec(name: str) -> None:
    env = gymnasium.make_vec(
        f"qmectk/{name}-v0", num_envs=3, vectorization_mode="vector_entry_point", slots=4, optimum=True
    )
    assert isinstance(env.unwrapped, VectorSlotEnv)
    seen, infos = env.reset(seed=0)
    assert seen in env.observation_space
    env.action_space.seed(0)
    for _ in range(5):
        seen, rewards, terminated, truncated, infos = env.step(env.action_space.sample())
        assert seen in env.observation_space
        assert rewards.shape == terminated.shape == truncated.shape == infos["regret"].shape == (3,)
        assert not terminated.any()
    single = gymnasium.make(f"qmectk/{name}-v0")
    assert single.observation_space == env.single_observation_space
    assert single.action_space == env.single_action_space


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("actions", ["hybrid", "multidiscrete", "box", "discrete"])
def test_one_of_many_is_what_one_is(name: str, actions: str) -> None:
    problem = named(name)
    keys: dict[str, Any] = {"slots": 3, "actions": actions, "shares": 2}
    many, one = VectorSlotEnv(problem, num_envs=1, **keys), SlotEnv(problem, **keys)
    row, info = many.reset(seed=4)
    np.testing.assert_array_equal(row[0], one.reset(seed=4)[0])
    many.action_space.seed(1)
    for _ in range(3):
        action = many.action_space.sample()
        row, reward, _, truncated, info = many.step(action)
        alone = {key: part[0] for key, part in action.items()} if isinstance(action, dict) else action[0]
        seen, expected, _, over, facts = one.step(alone)
        np.testing.assert_array_equal(row[0], seen)
        assert reward[0] == pytest.approx(expected)
        assert truncated[0] == over
        assert info["objective"][0] == facts["objective"]
        np.testing.assert_array_equal(info["action_mask"][0], facts["action_mask"])


def test_next_step_begins_anew_and_ignores_the_action() -> None:
    env = VectorSlotEnv(named("drift"), num_envs=4, slots=3)
    env.reset(seed=0)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    backlogs = []
    for t in range(1, 9):
        _, rewards, _, over, infos = env.step(env.action_space.sample())
        backlogs.append(env.world.copies.arrays()["backlog"].sum())
        np.testing.assert_array_equal(over, t % 4 == 3)
        np.testing.assert_array_equal(infos["slot"], t % 4)
        np.testing.assert_array_equal(infos["_backlog"], t % 4 != 0)
        if t % 4 == 0:
            assert (rewards == 0).all()
            assert backlogs[-1] == 0.0
    assert min(backlogs[:3]) > 0.0


def test_same_step_begins_at_once_and_hands_over_the_end() -> None:
    env = VectorSlotEnv(named("drift"), num_envs=2, slots=3, autoreset_mode="SameStep")
    env.reset(seed=0)
    for t in range(1, 7):
        seen, rewards, _, over, infos = env.step(env.action_space.sample())
        np.testing.assert_array_equal(over, t % 3 == 0)
        assert ("final_obs" in infos) == (t % 3 == 0)
        if t % 3 == 0:
            assert env.world.copies.arrays()["backlog"].sum() == 0.0
            assert infos["slot"].tolist() == [0, 0]
            last = np.stack(infos["final_obs"])
            assert last.shape == seen.shape
            assert not np.array_equal(last, seen)
            assert (infos["final_info"]["backlog"] > 0).all()
            assert infos["final_info"]["slot"].tolist() == [3, 3]
            assert infos["_final_info"].all()
        assert rewards.shape == (2,)


def test_those_that_are_named_begin_anew() -> None:
    env = VectorSlotEnv(named("drift"), num_envs=3, slots=2, autoreset_mode="Disabled")
    env.reset(seed=0)
    for _ in range(2):
        *_, over, infos = env.step(env.action_space.sample())
    assert over.all()
    which = np.array([True, False, True])
    _, infos = env.reset(options={"reset_mask": which})
    assert infos["slot"].tolist() == [0, 2, 0]
    backlog = env.world.copies.arrays()["backlog"].sum(axis=1)
    np.testing.assert_array_equal(backlog == 0, which)


def test_the_same_seed_gives_the_same_episodes_and_none_gives_others() -> None:
    env = VectorSlotEnv(named("meqc-ye"), num_envs=3, slots=3)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(5)]

    def path(seed: int | None) -> Any:
        env.reset(seed=seed)
        return np.stack([env.step(action)[0] for action in actions])

    np.testing.assert_array_equal(path(2), path(2))
    assert not np.array_equal(path(2), path(3))
    assert not np.array_equal(path(None), path(None))


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_gymnasium_s_wrapper_counts_episodes(mode: str) -> None:
    env = gymnasium.wrappers.vector.RecordEpisodeStatistics(
        VectorSlotEnv(named("p1"), num_envs=2, slots=3, autoreset_mode=mode)
    )
    env.reset(seed=0)
    total = np.zeros(2)
    for _ in range(3):
        _, rewards, _, _, infos = env.step(env.action_space.sample())
        total += rewards
    assert infos["episode"]["l"].tolist() == [3, 3]
    np.testing.assert_allclose(infos["episode"]["r"], total, rtol=1e-6)


def test_the_judged_path_is_not_for_many() -> None:
    with pytest.raises(InputError, match="one judged path"):
        VectorSlotEnv(named("drift"), num_envs=2, judged=True)
