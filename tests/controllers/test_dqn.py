"""Q-learning over choices and a grid of shares."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import qmectk
from qmectk.errors import InputError, Refused
from qmectk.options import build
from qmectk.seeds import generator
from qmectk.views import Decision, Decisions, Features
from qmectk.worlds.copies import Copies, Outcome
from qmectk_controllers.dqn import DQN, GridValues
from qmectk_controllers.learner import UPDATE
from qmectk_controllers.presets_dqn import DQNOptions, DQNShares

from .ye import excess, load, through


def learned(problem: Any, seed: int = 0, **options: Any) -> DQN:
    return through(DQN(problem, build(DQNOptions, options), seed))


#: Cost of three choices in two states, and which are allowed.
COST = np.array([[0.2, 0.7, 0.1], [0.9, 0.3, 0.5]])
ALLOWED = np.array([[True, True, False], [True, True, True]])


class Table(Copies):
    """One device in a state that comes at random; a choice costs what the table says."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self.count = count
        self.restart(rng)

    def restart(self, rng: np.random.Generator, which: Any = None) -> None:
        self.state = rng.integers(2, size=self.count)

    @property
    def decisions(self) -> Decisions:
        return of_states(self.state)

    def step(self, decision: Decision, rng: np.random.Generator) -> Outcome:
        assert decision.choice is not None
        cost = COST[self.state, decision.choice[:, 0]]
        self.restart(rng)
        return Outcome(cost, {"slot": -cost}, {})

    def optimum(self) -> Any:
        raise NotImplementedError

    def arrays(self) -> dict[str, Any]:
        return {"state": self.state.copy()}

    def load(self, arrays: Any) -> None:
        self.state = arrays["state"].copy()


def of_states(state: Any) -> Decisions:
    one = np.ones((len(state), 1, 3))
    seen = Features(np.eye(2)[state][:, None], np.zeros((len(state), 1, 3, 0)), ("first", "second"))
    return Decisions(
        choices=("a", "b", "c"),
        allowed=ALLOWED[state][:, None],
        least=one,
        most=one,
        sense=-1,
        scale=np.ones((len(state), 1)),
        see=lambda kind: seen,
        complete=lambda decision: {},
    )


class World:
    name = "table"

    def memory(self, start: int, stop: int) -> float:
        return 0.0

    def copies(self, count: int, rng: np.random.Generator) -> Table:
        return Table(count, rng)


def values_of(learner: DQN) -> Any:
    policy, view = learner.policy(), of_states(np.arange(2))
    with torch.no_grad():
        return policy.network(torch.from_numpy(policy.rows(view))).numpy()[:, 0]


TABULAR: dict[str, Any] = {
    "copies": 16, "levels": 1, "reward": "slot", "explore": 1.0, "explore_final": 1.0, "restart": 0.0, "clip": 0.0,
    "loss": "mse", "layers": "16", "learning_rate": 1e-2, "slots": 400,
}  # fmt: skip


def test_values_of_a_table_are_found() -> None:
    learner = learned(World(), **TABULAR)
    assert values_of(learner)[ALLOWED] == pytest.approx(-COST[ALLOWED], abs=0.02)
    best = learner.policy().decide(of_states(np.arange(2)), np.random.default_rng(0)).choice
    assert best is not None
    assert best[:, 0].tolist() == [0, 1]  # the third choice of the first state is cheaper, and not allowed


def test_a_discount_adds_what_the_best_choices_bring_afterwards() -> None:
    """Q(s, a) = r(s, a) + gamma/(1 - gamma) E max_a r: nothing that was done matters later."""
    learner = learned(World(), **{**TABULAR, "slots": 600}, gamma=0.5, memory=1000, batch=64, follow=0.05)
    best = -np.where(ALLOWED, COST, np.inf).min(axis=1).mean()
    assert values_of(learner)[ALLOWED] == pytest.approx((best - COST)[ALLOWED], abs=0.05)


@pytest.mark.parametrize("options", [{}, {"gamma": 0.5, "memory": 500, "batch": 64}])
def test_a_learner_goes_on_from_its_arrays_to_identical_weights(options: dict[str, Any]) -> None:
    problem = load(devices=4)
    made = build(DQNOptions, {"slots": 12, "copies": 4, **options})
    whole = through(DQN(problem, made, 1))
    half, other = DQN(problem, made, 1), DQN(problem, made, 1)
    for n in range(6):
        half.update(n, generator(UPDATE, 1, n))
    kept = half.arrays()
    half.update(6, generator(UPDATE, 1, 6))
    other.load(kept)
    for n in range(6, 12):
        other.update(n, generator(UPDATE, 1, n))
    for name, array in whole.policy().arrays().items():
        assert np.array_equal(array, other.policy().arrays()[name]), name
    with pytest.raises((ValueError, KeyError, RuntimeError)):
        DQN(load(devices=4), dataclasses.replace(made, layers="8"), 1).load(kept)


def test_nothing_that_is_masked_is_ever_done() -> None:
    """Explored and greedy, with hard deadlines and one slot of the QPU; and every decision completes."""
    problem = load(devices=6, slack=(0.5, 1.6), qpu_slots=1)
    learner = DQN(problem, build(DQNOptions, {"slots": 30, "copies": 8, "levels": 4}), 0)
    for n in range(30):
        now = learner.copies.decisions
        decided: list[Any] = []
        step = learner.copies.step

        def watched(decision: Any, rng: Any, step: Any = step, decided: list[Any] = decided) -> Any:
            decided.append(decision)
            return step(decision, rng)

        learner.copies.step = watched  # type: ignore[method-assign]
        learner.update(n, generator(UPDATE, 0, n))
        learner.copies.step = step  # type: ignore[method-assign]
        decided.append(learner.policy().decide(now, np.random.default_rng(0)))
        for found in decided:
            pick = found.choice[..., None]
            assert np.take_along_axis(now.allowed, pick, axis=-1).all()
            least, most = (np.take_along_axis(a, pick, axis=-1)[..., 0] for a in (now.least, now.most))
            assert ((found.share >= least) & (found.share <= most)).all()


def test_a_short_training_beats_random_and_local_and_needs_no_other_for_other_weights() -> None:
    problem = load()
    policy = learned(problem, slots=150).policy()
    found = excess(problem, policy.decide)
    assert found < 0.08
    assert found < 0.2 * excess(problem, lambda view, rng: view.random(rng))
    assert found < 0.2 * excess(problem, lambda view, rng: view.decided(np.zeros(view.allowed.shape[:-1]), 0))
    for changes in ({"V": 1.0}, {"V": 0.02}, {"Delta": 0.3}):
        assert excess(load(**changes), policy.decide) < 0.08, changes


def test_train_and_simulate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "cache"))
    problem = load(devices=5)
    folder = tmp_path / "ye.policy"
    made = qmectk.train(problem, "dqn-shares", options={"slots": 200}, out=folder)
    assert made.facts["training"]["updates"] == 200
    assert list(made.to_pandas().columns) == ["update", "loss", "reward", "explored"]
    run = qmectk.simulate(problem, "dqn-shares", options={"policy": str(folder)}, slots=40)
    again = qmectk.simulate(problem, "dqn-shares", options={"policy": str(folder)}, slots=40)
    assert run.records["cost"].tolist() == again.records["cost"].tolist()
    assert not run.records["replaced"].any()
    assert run.means()["cost"] < qmectk.simulate(problem, "local-only", slots=40).means()["cost"]
    # one network for all devices: it does not matter how many there are
    other = qmectk.simulate(load(devices=9), "dqn-shares", options={"policy": str(folder)}, slots=5)
    assert other.done == 5


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        build(DQNOptions, {"gamma": 1.5})
    with pytest.raises(Refused, match="spread themselves"):
        DQN(qmectk.load("drift"), build(DQNOptions, {"copies": 2}), 0)
    policy = learned(load(devices=3), slots=1, copies=2).policy()
    spec = {**policy.spec, "choices": 4}
    assert "knows 4 choices" in GridValues(spec).refuses(load(devices=3).frame(0).decisions())
    assert policy.refuses(load(devices=3).frame(0).decisions()) == ""
    assert DQNShares.algorithm() is DQN
