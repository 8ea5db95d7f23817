"""What all learned controllers share: copies, cache, checkpoints, folders, and use by policy."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.errors import InputError, Refused
from qmectk.instance import view
from qmectk.options import option
from qmectk.problem import ProblemParams
from qmectk.views import Decision, Decisions, Features
from qmectk.worlds.looped import Looped
from qmectk_controllers.backends import ControllerBackend
from qmectk_controllers.learner import Arrays, Decider, Learner
from qmectk_controllers.options import ControllerOptions

DEVICES, CHOICES = 3, 4


@dataclasses.dataclass(eq=False)
class Slot(qmectk.Instance):
    """Every device picks one of four bits at a cost."""

    cost: Any
    problem: Any = None
    label: str = "toy"

    def declare(self, m: Any) -> None:
        x = m.var("x", DEVICES * CHOICES, kind="binary")
        m.minimize(m.dot(self.cost.ravel(), x))
        for d in range(DEVICES):
            m.eq(m.sum(x[np.arange(CHOICES) + CHOICES * d]), 1, f"device {d}")

    @view(Decisions)
    def decisions(self) -> Decisions:
        allowed = np.ones((DEVICES, CHOICES), bool)
        allowed[0, 0] = False
        one, none = np.ones((DEVICES, CHOICES)), np.zeros((DEVICES, CHOICES, 0))

        def complete(found: Decision) -> dict[str, Any]:
            x = np.zeros((DEVICES, CHOICES))
            x[np.arange(DEVICES), found.choice] = 1.0
            return {"x": x.ravel()}

        return Decisions(
            choices=("a", "b", "c", "d"),
            allowed=allowed,
            least=one,
            most=one,
            sense=-1,
            scale=np.ones(DEVICES),
            see=lambda kind: Features(self.cost, none, ("a", "b", "c", "d")),
            complete=complete,
        )


class Toy(qmectk.Problem):
    name = "toy"
    Params = ProblemParams

    def stream(self, start: int, stop: int) -> list[Slot]:
        return [Slot(np.random.default_rng([7, t]).random((DEVICES, CHOICES)), self) for t in range(start, stop)]


class Table(Decider):
    """Remembers how often every choice was the cheapest."""

    def __init__(self, counts: Any) -> None:
        self.counts, self.spec = counts, {"choices": counts.shape[1]}

    def decide(self, decisions: Decisions, rng: np.random.Generator) -> Decision:
        best = np.argmax(np.where(decisions.allowed, self.counts, -1.0), axis=-1)
        return decisions.decided(best)

    def refuses(self, decisions: Decisions) -> str:
        there = decisions.allowed.shape[-1]
        return (
            "" if there == self.spec["choices"] else f"it decides on {self.spec['choices']} choices, there are {there}"
        )

    def arrays(self) -> Arrays:
        return {"counts": self.counts.copy()}

    @classmethod
    def load(cls, spec: Any, arrays: Any) -> Table:
        return cls(arrays["counts"])


class Counting(Learner):
    acts = Table

    def __init__(self, problem: Any, options: Any, seed: int) -> None:
        super().__init__(problem, options, seed)
        self.updates = options.slots
        self.copies = problem.copies(options.copies, self.start)
        self.counts = np.zeros((DEVICES, CHOICES))

    def update(self, number: int, rng: np.random.Generator) -> dict[str, float]:
        now = self.copies.decisions
        cheapest = np.argmin(now.features().device, axis=-1)
        self.counts[np.arange(DEVICES), cheapest] += 1.0
        reward = self.copies.step(now.random(rng), rng).reward("slot")
        return {"loss": 0.0, "reward": float(reward.mean())}

    def arrays(self) -> Arrays:
        return {"counts": self.counts.copy(), **self.copies.arrays()}

    def load(self, arrays: Arrays) -> None:
        own = dict(arrays)
        self.counts = own.pop("counts").copy()
        self.copies.load(own)

    def policy(self) -> Table:
        return Table(self.counts.copy())


class Counter(ControllerBackend):
    name, learner = "counter", "none:none"
    requires = ()

    @dataclasses.dataclass(frozen=True)
    class Options(ControllerOptions):
        slots: int = option(60, "slots")
        copies: int = option(2, "copies")

    @classmethod
    def algorithm(cls) -> type[Learner]:
        return Counting


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "cache"))
    return Toy(ProblemParams(problem="toy", training_frames=50, frames=5))


def test_train_keep_load_and_use(toy: Toy, tmp_path: Path) -> None:
    steps: list[Any] = []
    made = qmectk.train(toy, Counter, out=tmp_path / "a.policy", observe=steps.append)
    assert made.facts["training"]["updates"] == 60
    assert len(steps) == 60
    assert [row[0] for row in made.curve][-1] == 60
    assert list(made.to_pandas().columns) == ["update", "loss", "reward"]
    found = qmectk.solve(toy, Counter, options={"policy": str(tmp_path / "a.policy")}, reference=False)
    fresh = qmectk.solve(toy, Counter, reference=False)
    assert fresh.feasible
    assert found.objective == fresh.objective


def test_a_training_that_is_cut_goes_on_to_the_same_policy(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = qmectk.train(toy, Counter, options={"retrain": True})

    def stop(step: Any) -> None:
        if step["step"] == 30:
            raise KeyboardInterrupt

    monkeypatch.setenv("QMECTK_CACHE_DIR", str(tmp_path / "second"))
    with pytest.raises((KeyboardInterrupt, InputError)):
        qmectk.train(toy, Counter, observe=stop)
    resumed = qmectk.train(toy, Counter, options={"resume": True})
    assert resumed.facts["training"]["resumed_at"] > 0
    assert np.array_equal(resumed.policy.counts, whole.policy.counts)
    assert resumed.curve == whole.curve


def test_resume_needs_something_to_go_on_from(toy: Toy) -> None:
    with pytest.raises(Refused, match="no training to go on from"):
        qmectk.train(toy, Counter, options={"resume": True})


def test_an_untrained_controller_still_decides(toy: Toy) -> None:
    decisions = toy.frame(0).decisions()
    point = Counter().untrained(decisions)
    assert toy.frame(0).measure(decisions.complete(point)).feasible


def test_looped_copies_go_on_from_their_arrays(toy: Toy) -> None:
    rng = np.random.default_rng(3)
    copies = Looped(toy, 2, rng)
    kept = copies.arrays()
    first = copies.step(copies.decisions.decided(np.zeros((2, DEVICES))), np.random.default_rng(1)).objective
    copies.load(kept)
    again = copies.step(copies.decisions.decided(np.zeros((2, DEVICES))), np.random.default_rng(1)).objective
    assert np.array_equal(first, again)
    assert copies.optimum() == pytest.approx([float(one.cost.min(axis=1).sum()) for one in copies.instances])


def test_decisions_mend_what_is_not_allowed() -> None:
    decisions = Slot(np.zeros((DEVICES, CHOICES))).decisions()
    found = decisions.decided([0, 9, -1], np.nan)
    assert found.choice is not None
    assert list(found.choice) == [1, 0, 0]


@pytest.mark.parametrize("options", [{"copies": 10**12}, {"memory": 10**13}])
def test_what_no_memory_holds_is_refused_with_its_bytes(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"needs .*B of memory and .* are available"):
        qmectk.solve("p1", "dqn-shares", frame=0, options={"slots": 1, **options})
