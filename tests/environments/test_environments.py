"""Environments of one slot a step: the official checks, every kind of action, rewards, and which slots they draw."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

gymnasium = pytest.importorskip("gymnasium")

from gymnasium import spaces  # noqa: E402
from gymnasium.utils.env_checker import check_env  # noqa: E402

import qmectk  # noqa: E402
import qmectk.environments  # noqa: E402
from qmectk.documents import parse  # noqa: E402
from qmectk.environments import SlotEnv  # noqa: E402
from qmectk.errors import InputError  # noqa: E402
from qmectk.worlds.copies import decisions_of  # noqa: E402

from ..core.choosing import senders  # noqa: E402
from .families import NAMES, named  # noqa: E402

KINDS = ("hybrid", "discrete", "multidiscrete", "box")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("actions", KINDS)
def test_gymnasium_check(name: str, actions: str) -> None:
    check_env(SlotEnv(named(name), slots=10, actions=actions, shares=2), skip_render_check=True)


@pytest.mark.parametrize("name", ["drift", "meqc", "meqc-ye", "p1"])
def test_published_features_are_brought_to_a_common_scale(name: str) -> None:
    env = SlotEnv(named(name), slots=50, features="published")
    env.reset(seed=0)
    seen = np.stack([env.step(env.action_space.sample())[0] for _ in range(40)])
    assert np.isfinite(seen).all()
    assert np.abs(seen).max() < 100
    check_env(env, skip_render_check=True)


def test_registered_on_import_and_by_module_name() -> None:
    for name in ("Drift", "Meqc", "MeqcYe", "P1"):
        env = gymnasium.make(f"qmectk/{name}-v0", slots=5)
        assert env.reset(seed=0)[0].shape == env.observation_space.shape
    code = "import gymnasium; gymnasium.make('qmectk.environments:qmectk/Drift-v0').reset(seed=0)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
    qmectk.environments.register()  # twice is once


@pytest.mark.skipif(
    [int(part) for part in gymnasium.__version__.split(".")[:2]] < [1, 4], reason="older versions load the entry point"
)
def test_without_the_import_gymnasium_says_what_the_page_says() -> None:
    code = "import gymnasium; gymnasium.make('qmectk/Drift-v0')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("gymnasium.error.NamespaceNotFound: Namespace qmectk not found")
    with pytest.raises(gymnasium.error.NameNotFound):
        gymnasium.make("qmectk/Drifd-v0")


# ---- actions --------------------------------------------------------------------------------------


def test_spaces_are_those_that_learners_ask_for() -> None:
    def space(name: str, actions: str) -> Any:
        return SlotEnv(named(name), actions=actions, shares=3).action_space

    assert space("drift", "hybrid") == spaces.Box(0.0, 1.0, (6,), np.float32)
    assert space("p1", "hybrid") == spaces.MultiDiscrete([2] * 4)
    hybrid = spaces.Dict({"choice": spaces.MultiDiscrete([3] * 4), "share": spaces.Box(0.0, 1.0, (4,), np.float32)})
    assert space("meqc-ye", "hybrid") == hybrid
    assert space("p1", "discrete") == spaces.Discrete(16)
    assert space("meqc-ye", "multidiscrete") == spaces.MultiDiscrete([1 + 3 + 3] * 4)
    assert space("drift", "discrete") == spaces.Discrete(3**3)
    assert space("meqc-ye", "box") == spaces.Box(-1.0, 1.0, (4 * (3 + 1),), np.float32)
    with pytest.raises(InputError, match=r"4 devices with 11 options each have 11\^4 combinations") as caught:
        SlotEnv(named("meqc-ye"), actions="discrete")
    assert "'multidiscrete' or 'box'" in caught.value.remedy


def test_every_choice_and_share_can_be_said_in_every_way() -> None:
    """The same decisions, said by each kind of space."""
    problem = senders(queues=False, training_frames=8)
    envs = {kind: SlotEnv(problem, actions=kind, shares=3) for kind in KINDS}
    rng = np.random.default_rng(0)
    view = envs["hybrid"].world.decisions
    for _ in range(30):
        choice, unit = rng.integers(0, 3, 3), rng.choice([0.0, 0.5, 1.0], 3)
        expected = view.decided(choice[None], unit[None])
        options = np.where(choice == 0, 0, 1 + 3 * (choice - 1) + np.round(2 * unit)).astype(int)
        scores = np.where(np.arange(3) == choice[:, None], 0.5, -0.5)
        said = {
            "hybrid": {"choice": choice, "share": unit},
            "multidiscrete": options,
            "discrete": int(np.ravel_multi_index(options, (7, 7, 7))),
            "box": np.concatenate([scores, 2 * unit[:, None] - 1], axis=1).ravel(),
        }
        for kind, action in said.items():
            found = envs[kind].team.decision(view, action)
            fine = np.take_along_axis(view.allowed[0], choice[:, None], axis=1)[:, 0]
            where = fine if kind == "box" else np.ones(3, bool)  # scores rank the choices that are allowed
            np.testing.assert_array_equal(found.choice[0][where], expected.choice[0][where])
            np.testing.assert_allclose(found.share[0][where], expected.share[0][where], atol=1e-12)


ENVS: dict[tuple[str, str], SlotEnv] = {}


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    actions=st.sampled_from(KINDS),
    rubbish=st.sampled_from([0.0, 0.3, 1.0]),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_action_is_a_feasible_decision(name: str, actions: str, rubbish: float, seed: int) -> None:
    """Numbers outside of the space and none at all included."""
    env = ENVS.setdefault((name, actions), SlotEnv(named(name), slots=10**6, actions=actions, shares=2))
    rng = np.random.default_rng(seed)
    env.reset(seed=seed)

    def spoilt(action: Any) -> Any:
        if isinstance(action, dict):
            return {key: spoilt(part) for key, part in action.items()}
        wild = rng.integers(-9, 99, np.shape(action))
        if np.asarray(action).dtype.kind == "f":
            wild = rng.choice([np.nan, np.inf, -np.inf, -7.0, 7.0], np.shape(action))
        return np.where(rng.random(np.shape(action)) < rubbish, wild, action)

    for _ in range(3):
        instances = getattr(env.world.copies, "instances", None)
        view, decision = (
            env.world.decisions,
            env.team.decision(env.world.decisions, action := spoilt(env.action_space.sample())),
        )
        if decision.choice is not None:
            assert np.take_along_axis(view.allowed, decision.choice[..., None], axis=-1).all()
        else:
            assert (decision.share >= 0).all()
            assert (decision.share.sum(axis=-1) <= 1 + 1e-9).all()
        if instances is not None:
            one = decisions_of(instances[0])
            assert one is not None
            assert instances[0].measure(one.complete(decision.at(0))).feasible
        _, reward, *_, info = env.step(action)
        assert np.isfinite(reward)
        assert np.isfinite(info["objective"])


def test_masks_say_what_is_allowed() -> None:
    env = SlotEnv(named("meqc-ye"), slots=40, actions="multidiscrete", shares=2)
    _, info = env.reset(seed=0)
    refused = 0
    for _ in range(40):
        view, mask = env.world.decisions, info["action_mask"]
        assert mask.shape == (4, 5)
        action = env.action_space.sample(mask=tuple(mask))
        np.testing.assert_array_equal(env.action_masks(), mask.astype(bool).ravel())
        decision = env.team.decision(view, action)
        np.testing.assert_array_equal(decision.choice[0], np.array([0, 1, 1, 2, 2])[action])
        np.testing.assert_array_equal(info["limits"][..., 0], view.least[0])
        np.testing.assert_array_equal(info["limits"][..., 1], view.most[0])
        refused += int((mask == 0).sum())
        *_, info = env.step(action)
    assert refused > 0
    joint = SlotEnv(named("senders"), actions="discrete", shares=1)
    _, info = joint.reset(seed=0)
    allowed = [joint.team.decision(joint.world.decisions, number).choice[0] for number in range(27)]
    exact = [np.array_equal(one, np.unravel_index(number, (3, 3, 3))) for number, one in enumerate(allowed)]
    np.testing.assert_array_equal(info["action_mask"].astype(bool), exact)


def test_an_action_of_another_size_is_refused() -> None:
    env = SlotEnv(named("drift"))
    env.reset(seed=0)
    with pytest.raises(InputError, match="an action of 1 x 3 devices has 6 numbers, this one 5"):
        env.step(np.zeros(5))


# ---- rewards --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NAMES if name != "drift, one server"])
def test_the_optimum_is_never_beaten_and_the_regret_is_what_is_missing(name: str) -> None:
    env = SlotEnv(named(name), slots=5, optimum=True)
    env.reset(seed=1)
    for _ in range(5):
        sense = env.world.decisions.sense
        _, reward, _, _, info = env.step(env.action_space.sample())
        assert reward == pytest.approx(sense * info["objective"])
        assert info["regret"] == pytest.approx(sense * (info["optimum"] - info["objective"]))
        assert info["regret"] >= -1e-6 * max(1.0, abs(info["optimum"]))


@pytest.mark.parametrize("name", ["drift", "meqc", "meqc-ye", "p1"])
@pytest.mark.parametrize("reward", ["slot", "own", "difference"])
def test_a_reward_of_each_device_is_summed(name: str, reward: str) -> None:
    env = SlotEnv(named(name), reward=reward)
    env.reset(seed=3)
    copies, action = env.world.copies, env.action_space.sample()
    kept = copies.arrays()
    decision = env.team.decision(env.world.decisions, action)
    expected = copies.step(decision, np.random.default_rng(0)).reward(reward).sum()
    copies.load(kept)
    assert env.step(action)[1] == pytest.approx(float(expected), rel=1e-12)


def test_a_record_may_be_the_reward() -> None:
    env = SlotEnv(named("drift"), reward="utility")
    env.reset(seed=0)
    env.step(env.action_space.sample())
    _, reward, *_, info = env.step(env.action_space.sample())
    assert reward == info["utility"]


def test_mistakes_are_named() -> None:
    env = SlotEnv(named("drift"), reward="power consumption")
    env.reset(seed=0)
    with pytest.raises(InputError, match="no reward 'power consumption'"):
        env.step(env.action_space.sample())
    for keys, message in (
        ({"features": "raw"}, "no features 'raw'"),
        ({"actions": "tuple"}, "no actions 'tuple'"),
        ({"slots": 0}, "'slots' must be at least 1, not 0"),
        ({"actions": "multidiscrete", "shares": 0}, "'shares' must be at least 1, not 0"),
        ({"settings": {"device": 3}}, "has no 'device'"),
    ):
        with pytest.raises(InputError, match=message):
            SlotEnv(named("drift"), **keys)
    with pytest.raises(InputError, match="does not say what a policy decides"):
        SlotEnv(parse("{problem: attention, frames: 1, training_frames: 2}"))
    with pytest.raises(InputError, match="different numbers of devices"):
        SlotEnv(parse("{problem: p1, devices: 9, frames: 1, training_frames: 50, crowd: {}}"))
    with pytest.raises(InputError, match="no frames to train on"):
        SlotEnv(senders(queues=False))


# ---- which slots ----------------------------------------------------------------------------------
