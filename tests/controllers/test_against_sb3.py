"""Our learners and those of Stable-Baselines3 on a plain task: both get what there is to get, within noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

import stable_baselines3

import qmectk
from qmectk.environments import SlotEnv
from qmectk.options import build
from qmectk.plugins import registry
from qmectk.problem import ProblemParams
from qmectk.seeds import generator
from qmectk.views import Decisions, Features
from qmectk.worlds.copies import Copies, Outcome
from qmectk_controllers.learner import UPDATE

#: A device sees what each of so many choices pays, uniform in [0, 1]: chance gets 1/2, the best policy 4/5.
CHOICES, CHANCE, BEST = 4, 0.5, 0.8

#: What may be missing of the way from chance to the best policy. Of 4000 slots the standard error is 0.005 of it.
MISSING = 0.06


class Paying(Copies):
    """Slots that do not depend on each other."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self.count = count
        self.restart(rng)

    def restart(self, rng: np.random.Generator, which: Any = None) -> None:
        fresh = rng.random((self.count, 1, CHOICES))
        self.pays = fresh if which is None else np.where(np.reshape(which, (-1, 1, 1)), fresh, self.pays)

    @property
    def decisions(self) -> Decisions:
        shape, pays = self.pays.shape, self.pays
        return Decisions(
            choices=tuple("abcd"), allowed=np.ones(shape, bool), least=np.ones(shape), most=np.ones(shape), sense=1,
            scale=np.ones(shape[:-1]), complete=lambda decision: {},
            see=lambda kind: Features(np.zeros((*shape[:-1], 1)), 4.0 * pays[..., None] - 2.0, ("nothing",), ("pays",)),
        )  # fmt: skip

    def step(self, decision: Any, rng: np.random.Generator) -> Outcome:
        earned = np.take_along_axis(self.pays, decision.choice[..., None], axis=-1)[..., 0]
        self.restart(rng)
        return Outcome(earned[:, 0], {"slot": earned[:, 0], "own": earned}, {})

    def optimum(self) -> Any:
        return self.pays.max(axis=(1, 2))

    def arrays(self) -> dict[str, Any]:
        return {"pays": self.pays.copy()}

    def load(self, arrays: Mapping[str, Any]) -> None:
        self.pays = np.array(arrays["pays"])


class PayingProblem(qmectk.Problem):
    name = "paying"
    Params = ProblemParams

    def stream(self, start: int, stop: int) -> list[Any]:
        return []

    def copies(self, count: int, rng: np.random.Generator) -> Paying:
        return Paying(count, rng)


def reached(choose: Any) -> float:
    """How much of the way from chance to the best policy a policy goes on fresh slots."""
    rng = np.random.default_rng(123)
    slots = Paying(4000, rng)
    earned = slots.step(choose(slots.decisions), rng).objective.mean()
    return float((earned - CHANCE) / (BEST - CHANCE))


def ours(backend: str, **options: Any) -> float:
    kind = registry().backend(backend)
    made = kind.algorithm()(problem(), build(kind.Options, options), 0)
    for number in range(made.updates):
        made.update(number, generator(UPDATE, 0, number))
    return reached(lambda view: made.policy().decide(view, np.random.default_rng(0)))


def theirs(learner: str, actions: str, steps: int, **keys: Any) -> float:
    env = SlotEnv(problem(), slots=100, actions=actions)
    model = getattr(stable_baselines3, learner)("MlpPolicy", env, gamma=0.0, seed=0, device="cpu", **keys).learn(steps)

    def choose(view: Decisions) -> Any:
        seen = view.features().flat.astype(np.float32)
        return view.decided(np.reshape(model.predict(seen, deterministic=True)[0], (-1, 1)))

    return reached(choose)


def problem() -> Any:
    return PayingProblem(ProblemParams(problem="paying"))


def test_ppo() -> None:
    small = {"policy_kwargs": {"net_arch": [32]}, "learning_rate": 2e-2}
    one = ours("hybrid-ppo", copies=32, slots=80, units=32, learning_rate=6e-3)
    other = theirs("PPO", "multidiscrete", 1024, n_steps=128, n_epochs=8, batch_size=128, **small)
    assert one == pytest.approx(1.0, abs=MISSING)
    assert other == pytest.approx(1.0, abs=MISSING)


def test_dqn() -> None:
    often = {"learning_starts": 100, "train_freq": 4, "gradient_steps": 2, "exploration_fraction": 0.5}
    small = {"policy_kwargs": {"net_arch": [32, 32]}, "learning_rate": 3e-3, "target_update_interval": 500}
    one = ours("dqn-shares", copies=32, slots=200)
    other = theirs("DQN", "discrete", 1200, batch_size=64, **often, **small)
    assert one == pytest.approx(1.0, abs=MISSING)
    assert other == pytest.approx(1.0, abs=MISSING)
