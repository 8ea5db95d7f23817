"""The simulation loop: one path for all, measured and certified."""

from __future__ import annotations

import json

import numpy as np
import pytest

import qmectk
from qmectk import Backend, Binary, Budget, Instance, Reply, Termination
from qmectk.documents import parse
from qmectk.errors import Infeasible, InputError
from qmectk.problem import Problem, ProblemParams
from qmectk.simulating import Interrupted, simulate, sweep
from qmectk.views.capacity import Capacity
from qmectk.worlds.process import Process

from .small import SMALL, same


def test_all_backends_see_the_same_arrivals(small):
    runs = [simulate(small, backend, slots=60) for backend in ("exact", "best-channel", "random-server", "greedy")]
    for run in runs[1:]:
        assert np.array_equal(run.records["arrived"], runs[0].records["arrived"])
    assert not np.array_equal(runs[0].records["power"], runs[2].records["power"])
    other = simulate(parse(SMALL, seed=1), slots=60)
    assert not np.array_equal(other.records["arrived"], runs[0].records["arrived"])


def test_the_path_does_not_depend_on_decisions(small):
    process = small.process()
    first = process.reset(np.random.default_rng([0, 0]))
    rng = [np.random.default_rng([0, 1, 0]) for _ in range(2)]
    busy, _ = process.advance(first, {"y": np.ones(8)}, rng[0])
    idle, _ = process.advance(first, {"y": np.zeros(8)}, rng[1])
    assert np.array_equal(busy.gain, idle.gain)


def test_repeatable_and_seeded(small):
    same(simulate(small, "random-server", slots=40), simulate(small, "random-server", slots=40))
    other = simulate(small, "random-server", slots=40, seed=5)
    assert not np.array_equal(other.records["power"], simulate(small, "random-server", slots=40).records["power"])


def test_every_slot_is_measured_and_certified(small):
    exact = simulate(small, slots=50)
    assert exact.via == "capacity"
    assert exact.gap()[0] == pytest.approx(0.0, abs=1e-9)
    greedy = simulate(small, "capacity-greedy", slots=50)
    assert greedy.records["bound"].shape == (50,)
    assert greedy.gap()[0] > 0
    assert np.all(greedy.records["objective"] <= greedy.records["bound"] + 1e-6)
    assert np.all(greedy.records["violation"] < 1e-9)
    alone = simulate(small, "capacity-greedy", slots=50, reference=False)
    assert alone.gap() == (None, None)
    json.dumps(alone.as_dict(), allow_nan=False)


def test_sweep_replaces_v_and_keeps_the_path(small):
    runs = sweep(small, "exact", values=[1, 1000], slots=50)
    assert [run.settings for run in runs] == [{"V": 1}, {"V": 1000}]
    assert np.array_equal(runs[0].records["arrived"], runs[1].records["arrived"])
    assert runs[0].means()["backlog"] < runs[1].means()["backlog"]


class Nothing(Backend):
    """Answers without a point, or with one that is wrong."""

    name, accepts = "nothing", (Capacity,)
    wrong = False

    def solve(self, view: Capacity, budget: Budget, rng: np.random.Generator) -> Reply:
        return Reply(np.full(view.shape, 2.0) if self.wrong else None, Termination.BUDGET)


def test_no_answer_means_doing_nothing(small):
    run = simulate(small, Nothing, slots=10)
    assert run.records["replaced"].sum() == 10
    assert run.means()["power"] == 0.0
    assert run.queues()["backlog"]["end"] == pytest.approx(5.0, rel=0.3)


def test_an_infeasible_point_is_a_fault(small, monkeypatch):
    monkeypatch.setattr(Nothing, "wrong", True)
    run = simulate(small, Nothing, slots=10)
    assert any("10 slots had a point that violates a constraint" in fault for fault in run.faults)
    assert run.as_dict()["infeasible_slots"] == 10


class Forced(Instance):
    """One bit that must be set."""

    label = "forced"

    def declare(self, m):
        x = m.var("x", 1, kind="binary")
        m.minimize(m.sum(x))
        m.ge(m.sum(x), 1, "set")


class ForcedProcess(Process):
    def reset(self, rng):
        return 0

    def instance(self, state):
        return Forced()

    def advance(self, state, values, rng):
        return state + 1, {"bits": float(np.sum(values["x"]))}


class ForcedProblem(Problem):
    name, Params = "forced", ProblemParams

    def stream(self, start, stop):
        return [Forced() for _ in range(start, stop)]

    def process(self):
        return ForcedProcess()


class Zero(Backend):
    """All zeros."""

    name, accepts = "zero", (Instance,)

    def solve(self, view, budget, rng):
        return Reply(None, Termination.CONVERGED, message="no idea")


def test_any_process_is_simulated_and_infeasibility_is_said():
    problem = ForcedProblem(ProblemParams(problem="forced"))
    pytest.importorskip("highspy")
    run = simulate(problem, "highs", slots=3)
    assert run.means() == {"bits": 1.0}
    assert run.sense == -1
    assert run.gap()[0] == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(Infeasible, match=r"slot 0 has no feasible answer.*no idea"):
        simulate(problem, Zero, slots=3, reference=False)


def test_mistakes_are_named(small):
    with pytest.raises(InputError, match="no memory"):
        simulate("p1", "cd")
    with pytest.raises(InputError, match="slots must be"):
        simulate(small, slots=0)
    with pytest.raises(InputError, match="has no 'W'"):
        simulate(small, settings={"W": 1})
    with pytest.raises(InputError, match="drift: 'V': must be greater than"):
        simulate(small, settings={"V": -1})
    with pytest.raises(InputError, match="no option 'speed'"):
        simulate(small, "exact", options={"speed": 1}, slots=2)


def test_public_name():
    assert qmectk.simulate is simulate
    assert issubclass(Interrupted, KeyboardInterrupt)
    assert Binary  # the views stay where they were
