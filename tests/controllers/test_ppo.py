"""Hybrid PPO: its parts against what they are defined as, and what it learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk.errors import InputError, Refused
from qmectk.options import build
from qmectk.problem import ProblemParams
from qmectk.seeds import generator
from qmectk.views import Decisions, Features
from qmectk.worlds.copies import Copies, Outcome
from qmectk_controllers.acting import HybridPolicy
from qmectk_controllers.ppo import PPO, generalised_advantages
from qmectk_controllers.presets_ppo import HybridPPO, HybridPPOVqc, PairPPO

#: What the bandit pays for the whole of each choice of each device; the second choice of the second is not allowed.
PAYS = np.array([[0.1, 0.9, 0.3], [0.5, 1.0, 0.2]])


class Bandit(Copies):
    """The same slot for ever: two devices, three choices, and all or nothing pays."""

    def __init__(self, count: int) -> None:
        self.count = count

    @property
    def decisions(self) -> Decisions:
        shape = (self.count, *PAYS.shape)
        allowed = np.ones(shape, bool)
        allowed[:, 1, 1] = False
        marks = np.broadcast_to(np.eye(2), (self.count, 2, 2))
        return Decisions(
            choices=("a", "b", "c"), allowed=allowed, least=np.zeros(shape), most=np.ones(shape), sense=1,
            scale=np.ones(shape[:-1]), complete=lambda decision: {},
            see=lambda kind: Features(marks, np.broadcast_to(np.eye(3), (*shape, 3)), ("one", "two"), ("a", "b", "c")),
        )  # fmt: skip

    def step(self, decision: Any, rng: np.random.Generator) -> Outcome:
        earned = PAYS[np.arange(2), decision.choice] * decision.share
        total = earned.sum(axis=-1)
        return Outcome(total, {"slot": total, "own": earned, "difference": earned}, {})

    def restart(self, rng: np.random.Generator, which: Any = None) -> None: ...

    def optimum(self) -> Any:
        return np.full(self.count, 1.4)

    def arrays(self) -> dict[str, Any]:
        return {}

    def load(self, arrays: Any) -> None: ...


class Armed(qmectk.Problem):
    name = "armed"
    Params = ProblemParams

    def stream(self, start: int, stop: int) -> list[Any]:
        return []

    def copies(self, count: int, rng: np.random.Generator) -> Bandit:
        return Bandit(count)


def learner(preset: Any, problem: Any, seed: int = 0, **options: Any) -> PPO:
    return PPO(problem, build(preset.Options, options), seed)


def learned(made: PPO, updates: int | None = None) -> PPO:
    for number in range(made.updates if updates is None else updates):
        made.update(number, generator("test", made.seed, number))
    return made


@pytest.mark.parametrize("preset", [HybridPPO, PairPPO])
@pytest.mark.parametrize("share", ["bernoulli", "gaussian"])
def test_a_bandit_is_solved(preset: Any, share: str) -> None:
    made = learned(
        learner(
            preset, Armed(ProblemParams(problem="armed")), slots=40, horizon=1, copies=64, units=16, share=share,
            learning_rate=1e-2, minibatch=32,
        )
    )  # fmt: skip
    found = made.policy().decide(Bandit(1).decisions, np.random.default_rng(0))
    assert found.choice is not None
    np.testing.assert_array_equal(found.choice, [[1, 0]])
    # all of it: exactly where shares are drawn from two, and well beyond the middle where they are drawn around one
    assert np.all(found.share == 1.0 if share == "bernoulli" else found.share > 0.8)


def test_separate_networks_and_two_critics_solve_it_too() -> None:
    made = learned(
        learner(
            HybridPPO, Armed(ProblemParams(problem="armed")), slots=40, horizon=1, copies=64, units=16, separate=True,
            critics=2, learning_rate=1e-2, minibatch=32,
        )
    )  # fmt: skip
    found = made.policy().decide(Bandit(3).decisions, np.random.default_rng(0))
    np.testing.assert_array_equal(found.choice, [[1, 0]] * 3)
    np.testing.assert_array_equal(found.share, 1.0)


@settings(max_examples=30, deadline=None)
@given(
    gamma=st.floats(0, 1), trace=st.floats(0, 1), length=st.integers(1, 6), seed=st.integers(0, 999), critics=st.just(2)
)
def test_advantages_are_the_sum_that_they_are_defined_as(
    gamma: float, trace: float, length: int, seed: int, critics: int
) -> None:
    rng = np.random.default_rng(seed)
    rewards, values = rng.normal(size=(length, 3, 1)), rng.normal(size=(length + 1, 3, critics))
    found = generalised_advantages(torch.as_tensor(rewards), torch.as_tensor(values), gamma, trace)
    errors = rewards + gamma * values[1:] - values[:-1]
    for t in range(length):
        direct = sum((gamma * trace) ** k * errors[t + k] for k in range(length - t))
        np.testing.assert_allclose(found[t], direct, atol=1e-9)


def test_a_training_goes_on_from_its_arrays_to_the_same_weights() -> None:
    problem = qmectk.load("meqc", users=3, servers=2)
    options: Any = {"slots": 12, "horizon": 2, "copies": 5, "units": 8, "minibatch": 3, "form": "published"}
    whole = learned(learner(HybridPPO, problem, **options))
    first = learned(learner(HybridPPO, problem, **options), 3)
    second = learner(HybridPPO, problem, **options)
    second.load(first.arrays())
    for number in range(3, second.updates):
        second.update(number, generator("test", second.seed, number))
    for name, part in whole.arrays().items():
        np.testing.assert_array_equal(part, second.arrays()[name])


def test_arrays_of_another_network_are_refused() -> None:
    problem = qmectk.load("meqc", users=3, servers=2)
    small, large = (learner(PairPPO, problem, copies=2, units=units) for units in (8, 16))
    with pytest.raises(ValueError, match="another network"):
        large.load(small.arrays())


def gaps(policy: HybridPolicy, problem: Any, slots: int = 100) -> tuple[float, float, float]:
    """How far the policy, a random decision and staying at home are above the optimum, on slots of their own."""
    copies = problem.copies(slots, np.random.default_rng(1))
    optimum, start = copies.optimum().mean(), copies.arrays()
    found = []
    rng = np.random.default_rng(2)
    view = copies.decisions
    for decision in (policy.decide(view, rng), view.random(rng), view.decided(np.zeros((slots, view.devices), int))):
        copies.load(start)
        found.append(float(copies.step(decision, rng).objective.mean() / optimum - 1.0))
    return found[0], found[1], found[2]


def test_a_short_training_is_far_better_than_chance_on_any_size() -> None:
    made = learned(learner(PairPPO, qmectk.load("meqc"), slots=5, copies=200, units=32, minibatch=20)).policy()
    for users, servers in ((10, 10), (15, 4)):
        mine, random, home = gaps(made, qmectk.load("meqc", users=users, servers=servers))
        assert mine < 0.1
        assert random > 0.3
        assert home > 1.0


@pytest.mark.parametrize("preset", [HybridPPO, HybridPPOVqc])
@pytest.mark.parametrize("form", ["published", "repaired"])
def test_both_forms_of_the_paper_s_controllers_run(preset: Any, form: str) -> None:
    problem = qmectk.load("meqc", users=3, servers=2)
    made = learned(learner(preset, problem, form=form, slots=4, horizon=2, copies=10, units=8))
    decision = made.policy().decide(made.copies.decisions, np.random.default_rng(0))
    assert decision.choice is not None
    inside = (decision.share > 0) & (decision.share < 1)
    if form == "published":  # never at home, and never all of a task
        assert (decision.choice > 0).all()
        assert inside.all()
    else:
        assert not inside.any()


@pytest.mark.parametrize("preset", [HybridPPO, PairPPO])
def test_a_problem_without_features_of_choices_is_learned_too(preset: Any) -> None:
    problem = qmectk.load("p1", devices=4)
    made = learned(learner(preset, problem, slots=1, horizon=1, copies=3, units=8, reward="slot"))
    view = made.copies.decisions
    assert view.features().pair.shape[-1] == 0
    assert made.policy().decide(view, np.random.default_rng(0)).share.shape == (3, 4)


def test_open_shares_of_parallel_latency_are_learned() -> None:
    problem = qmectk.load("meqc", users=3, servers=2, latency="parallel")
    made = learned(learner(PairPPO, problem, slots=3, copies=20, units=8, share="gaussian"))
    found = made.policy().decide(made.copies.decisions, np.random.default_rng(0))
    away = found.choice != 0
    assert ((found.share[away] > 0) & (found.share[away] < 1)).any()


def test_a_policy_of_one_size_solves_another_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "cache"))
    small, large = qmectk.load("meqc", users=4, servers=3), qmectk.load("meqc", users=9, servers=5, frames=4)
    options = {"slots": 2, "copies": 20, "units": 8}
    for backend in ("pair-ppo", "hybrid-ppo"):
        qmectk.train(small, backend, out=tmp_path / f"{backend}.policy", options=options)
    found = qmectk.solve(large, "pair-ppo", options={"policy": str(tmp_path / "pair-ppo.policy")})
    assert found.feasible
    with pytest.raises(Refused, match=r"4 choices.*here are 6|is not for this problem"):
        qmectk.solve(large, "hybrid-ppo", options={"policy": str(tmp_path / "hybrid-ppo.policy")})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"features": "costs"}, "features 'costs'"),
        ({"printed": True}, "any share"),
        ({"shares": False}, "shares are open"),
        ({"device": 5}, "5 features of a device"),
        ({"choices": 7, "network": "flat"}, "7 choices"),
    ],
)
def test_what_a_policy_is_not_for_is_said(changed: dict[str, Any], words: str) -> None:
    policy = learner(PairPPO, Armed(ProblemParams(problem="armed")), copies=2, units=8).policy()
    assert policy.refuses(Bandit(1).decisions) == ""
    policy.spec = {**policy.spec, **changed}
    assert words in policy.refuses(Bandit(1).decisions)


def test_published_features_are_standardised() -> None:
    made = learner(HybridPPO, qmectk.load("meqc"), form="published", copies=50)
    seen = made.acting.sees(made.copies.decisions)
    rows = seen.device.reshape(-1, seen.device.shape[-1]).numpy()
    np.testing.assert_allclose(rows.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(rows.std(axis=0), 1.0, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"gamma": 1.5}, "between 0 and 1"),
        ({"critics": 3}, "1 or 2"),
        ({"separate": True, "encoder": "vqc"}, "flat networks of layers"),
        ({"context": True}, "one device"),
        ({"minibatch": 0}, "at least 1"),
        ({"units": 10**12}, "at most 10000"),
        ({"clip": 1e300}, "at most 1000"),
        ({"learning_rate": 1e300}, "at most 1000"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        build(HybridPPO.Options, options)
