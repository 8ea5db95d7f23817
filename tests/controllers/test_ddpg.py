"""Q-learning of modes with an actor and a critic for the share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.errors import InputError, Refused
from qmectk.options import build
from qmectk.seeds import generator
from qmectk.views import Decision, Decisions, Features
from qmectk.worlds.copies import Copies, Outcome
from qmectk_controllers.ddpg import DDPG
from qmectk_controllers.learner import UPDATE
from qmectk_controllers.presets_dqn import DDPGOptions

from .ye import excess, load, through

#: A short published training: small layers, a small memory.
PUBLISHED: dict[str, Any] = {
    "form": "published",
    "layers": "32,32",
    "actor_layers": "32,32",
    "memory": 600,
    "batch": 32,
}


def learned(problem: Any, seed: int = 0, **options: Any) -> DDPG:
    learner: DDPG = through(DDPG(problem, build(DDPGOptions, options), seed))
    return learner


class Line(Copies):
    """One device in a state s from 0 to 1: a choice without a share costs 0.5, another one (share - s)^2."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self.count = count
        self.restart(rng)

    def restart(self, rng: np.random.Generator, which: Any = None) -> None:
        self.state = rng.uniform(0.2, 0.8, self.count)

    @property
    def decisions(self) -> Decisions:
        return of_states(self.state)

    def step(self, decision: Decision, rng: np.random.Generator) -> Outcome:
        assert decision.choice is not None
        cost = np.where(decision.choice == 0, 0.5, np.square(decision.share - self.state[:, None]))
        self.restart(rng)
        return Outcome(cost[:, 0], {"slot": -cost[:, 0], "own": -cost}, {})

    def optimum(self) -> Any:
        raise NotImplementedError

    def arrays(self) -> dict[str, Any]:
        return {"state": self.state.copy()}

    def load(self, arrays: Any) -> None:
        self.state = arrays["state"].copy()


def of_states(state: Any) -> Decisions:
    count = len(state)
    seen = Features(state[:, None, None], np.zeros((count, 1, 2, 0)), ("s",))
    most = np.broadcast_to([0.0, 1.0], (count, 1, 2))
    return Decisions(
        choices=("none", "some"),
        allowed=np.ones((count, 1, 2), bool),
        least=np.zeros((count, 1, 2)),
        most=most,
        sense=-1,
        scale=np.ones((count, 1)),
        see=lambda kind: seen,
        complete=lambda decision: {},
    )


class World:
    name = "line"

    def memory(self, start: int, stop: int) -> float:
        return 0.0

    def copies(self, count: int, rng: np.random.Generator) -> Line:
        return Line(count, rng)


def test_the_actor_finds_the_best_share_and_the_modes_the_better_choice() -> None:
    learner = learned(World(), copies=64, slots=500, restart=0.0, layers="32,32", actor_layers="16", learning_rate=0.01)
    state = np.linspace(0.25, 0.75, 5)
    found = learner.policy().decide(of_states(state), np.random.default_rng(0))
    assert found.choice is not None
    assert found.choice[:, 0].tolist() == [1] * 5
    assert found.share[:, 0] == pytest.approx(state, abs=0.12)


@pytest.mark.parametrize("options", [{}, PUBLISHED, {"known": False, "gamma": 0.9, "memory": 300, "batch": 32}])
def test_a_learner_goes_on_from_its_arrays_to_identical_weights(options: dict[str, Any]) -> None:
    problem = load(devices=4)
    made = build(DDPGOptions, {"slots": 8, "copies": 4, **options})
    whole: DDPG = through(DDPG(problem, made, 1))
    half, other = DDPG(problem, made, 1), DDPG(problem, made, 1)
    for n in range(4):
        half.update(n, generator(UPDATE, 1, n))
    kept = half.arrays()
    half.update(4, generator(UPDATE, 1, 4))
    other.load(kept)
    for n in range(4, 8):
        other.update(n, generator(UPDATE, 1, n))
    for name, array in whole.policy().arrays().items():
        assert np.array_equal(array, other.policy().arrays()[name]), name
    with pytest.raises((ValueError, KeyError, RuntimeError)):
        DDPG(problem, build(DDPGOptions, {"layers": "8"}), 1).load(kept)


@pytest.mark.parametrize("options", [{}, PUBLISHED, {"mapped": False, "whole": True}])
def test_whatever_it_wants_what_it_does_is_allowed(options: dict[str, Any]) -> None:
    problem = load(devices=6, slack=(0.5, 1.6), qpu_slots=1)
    learner = learned(problem, slots=15, copies=4, **options)
    policy = learner.policy()
    for _ in range(10):
        now = learner.copies.decisions
        found = policy.decide(now, np.random.default_rng(0))
        assert found.choice is not None
        pick = found.choice[..., None]
        assert np.take_along_axis(now.allowed, pick, axis=-1).all()
        least, most = (np.take_along_axis(a, pick, axis=-1)[..., 0] for a in (now.least, now.most))
        assert ((found.share >= least) & (found.share <= most)).all()
        learner.copies.step(found, np.random.default_rng(1))


def test_a_short_training_beats_random_and_local_and_the_published_form_does_not_see_the_queue() -> None:
    problem = load()
    policy = learned(problem, slots=200).policy()
    found = excess(problem, policy.decide, slots=40)
    assert found < 0.15
    assert found < 0.3 * excess(problem, lambda view, rng: view.decided(np.zeros(view.allowed.shape[:-1]), 0), slots=40)
    printed = learned(problem, slots=30, **PUBLISHED).policy()
    rng = np.random.default_rng(0)
    copies = problem.copies(4, rng)
    empty = printed.decide(copies.decisions, rng)
    fresh = problem.copies(4, np.random.default_rng(0))
    fresh.world.queue[:] = 1e3
    full = printed.decide(fresh.decisions, rng)
    assert full.share.tolist() == empty.share.tolist()  # however long the queue is, nothing more is offloaded
    assert policy.decide(fresh.decisions, rng).share.mean() > empty.share.mean()


def test_train_and_simulate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "cache"))
    problem = load(devices=4)
    folder = tmp_path / "ye.policy"
    qmectk.train(problem, "dqn-ddpg", options={"slots": 30, "copies": 4}, out=folder)
    run = qmectk.simulate(problem, "dqn-ddpg", options={"policy": str(folder)}, slots=10)
    assert run.done == 10
    assert not run.records["replaced"].any()
    printed = {"slots": 20, "copies": 4, **PUBLISHED}
    assert qmectk.simulate(problem, "dqn-ddpg", options=printed, slots=5).done == 5


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="known=false"):
        build(DDPGOptions, {"gamma": 0.9})
    with pytest.raises(InputError, match="'batch' must be at most 10000"):
        build(DDPGOptions, {"batch": 10**6})
    with pytest.raises(InputError, match="between 0 and 1"):
        build(DDPGOptions, {"explore": 2.0})
    with pytest.raises(Refused, match="spread themselves"):
        DDPG(qmectk.load("drift"), build(DDPGOptions, {"copies": 2}), 0)
