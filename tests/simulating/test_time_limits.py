"""A simulation ends a little after its limits, whatever does not look at the clock, and keeps what it has."""

from __future__ import annotations

import time

import numpy as np
import pytest

from qmectk import Backend, Instance, LearnedBackend, Reply, Termination
from qmectk.errors import Infeasible
from qmectk.problem import Problem, ProblemParams
from qmectk.simulating import simulate
from qmectk.timing.deadline import held
from qmectk.worlds.process import Process

#: What ends by a limit only [s]; a test that fails waits so long.
LONG = 20.0


def dawdle() -> None:
    until = time.perf_counter() + LONG
    while time.perf_counter() < until:
        time.sleep(0.01)
    raise AssertionError("nobody ended it")


class Bits(Instance):
    """As many ones as possible, of three."""

    label = "bits"

    def declare(self, m):
        x = m.var("x", 3, kind="binary")
        m.maximize(m.sum(x))


class Line(Process):
    """Counts slots; dawdles where it is told to."""

    slow_at: tuple[str, int] = ("", 0)

    def reset(self, rng):
        return 0

    def instance(self, state):
        if self.slow_at == ("instance", state):
            dawdle()
        return Bits()

    def advance(self, state, values, rng):
        if self.slow_at == ("advance", state):
            dawdle()
        return state + 1, {"ones": float(np.sum(values["x"]))}

    def bound(self, seed, first, last):
        dawdle()


class Lines(Problem):
    name, Params = "lines", ProblemParams
    slow_at = ("", 0)

    def stream(self, start, stop):
        return [Bits() for _ in range(start, stop)]

    def process(self):
        made = Line()
        made.slow_at = self.slow_at
        return made


class Hesitant(Backend):
    """Tells of one more bit in every solve, and answers in every second slot only."""

    name, accepts = "hesitant", (Instance,)

    def __init__(self, options=None):
        super().__init__(options)
        self.asked = 0

    def solve(self, view, budget, rng):
        self.asked += 1
        x = np.zeros(3)
        x[: self.asked] = 1.0
        budget.incumbent(point={"x": x})
        if self.asked == 2:
            dawdle()
        return Reply({"x": x}, Termination.CONVERGED)


def problem(*slow_at):
    made = Lines(ProblemParams(problem="lines"))
    made.slow_at = slow_at
    return made


def test_a_slot_is_ended_and_the_last_point_told_of_is_applied():
    run = simulate(problem(), Hesitant, slots=4, slot_time_limit=0.05, reference=False)
    # the backend that was ended is made anew, as it may have been in the middle of something
    assert run.records["ones"].tolist() == [1.0, 2.0, 1.0, 2.0]
    assert run.complete
    assert not run.records["replaced"].any()


@pytest.mark.parametrize("where", ["instance", "advance"])
def test_a_process_that_dawdles_ends_with_the_limit_and_its_slots_are_kept(where, tmp_path):
    file = tmp_path / "state.npz"
    asked = {"slots": 9, "reference": False, "checkpoint_file": file}
    run = simulate(problem(where, 4), "greedy", time_limit=1.0, **asked)
    assert (run.done, run.complete) == (4, False)
    more = simulate(problem(), "greedy", resume=True, **asked)
    assert (more.done, more.records["ones"].tolist()) == (9, [3.0] * 9)


@pytest.mark.parametrize("where", ["instance", "advance"])
def test_without_a_slot_there_is_nothing_to_keep(where):
    with pytest.raises(Infeasible, match="ended before the first slot of lines was over"):
        simulate(problem(where, 0), "greedy", slots=9, time_limit=0.1, reference=False)


def test_a_bound_that_dawdles_is_left_out():
    run = simulate(problem(), "greedy", slots=3, time_limit=0.5, reference=False, horizon=True)
    assert (run.done, run.horizon) == (3, None)
    assert "the time limit ended before the bound over the horizon was known" in run.warnings


class Clock:
    """Stands still unless it is told."""

    now = 0.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("qmectk.timing.budget.time", made)
    return made


def taking(clock, seconds):
    """A backend that takes so long a slot, and less where the limit ends it."""

    class Taking(Backend):
        name, accepts = "taking", (Instance,)

        def solve(self, view, budget, rng):
            cut = budget.remaining < seconds
            clock.now += min(seconds, budget.remaining)
            return Reply(
                {"x": np.zeros(3) if cut else np.ones(3)}, Termination.BUDGET if cut else Termination.CONVERGED
            )

    return Taking


def test_a_slot_that_the_end_cuts_short_is_decided_anew(clock, tmp_path):
    asked = {"slots": 5, "reference": False, "checkpoint_file": tmp_path / "state.npz"}
    run = simulate(problem(), taking(clock, 3.0), time_limit=10.0, **asked)
    assert (run.done, run.records["ones"].tolist()) == (3, [3.0] * 3)
    more = simulate(problem(), taking(clock, 3.0), time_limit=10.0, resume=True, **asked)
    assert (more.complete, more.records["ones"].tolist()) == (True, [3.0] * 5)
    only = simulate(problem(), taking(clock, 30.0), slots=5, reference=False, time_limit=10.0)
    assert only.done == 1  # less would be nothing


def test_nothing_is_loaded_after_the_end_to_certify_slots(clock, monkeypatch):
    run = simulate(problem(), taking(clock, 3.0), slots=9, time_limit=10.0)
    assert (run.done, run.records["bound"].tolist()) == (3, [3.0] * 3)
    monkeypatch.setattr("qmectk.simulating.measuring.run", lambda *given: 1 / 0)
    run = simulate(problem(), taking(clock, 9.5), slots=9, time_limit=10.0)
    assert (run.done, np.isnan(run.records["bound"]).all()) == (1, True)
    assert "the time limit left no time to certify slots: 1 have no bound" in run.warnings


def test_slots_are_left_for_what_measures_those_before(clock, monkeypatch):
    from qmectk.simulating import measuring

    sizes, judge_all = [], measuring.judge_all

    def slow(answers, *given, **settings):
        sizes.append(len(answers))
        clock.now += 0.1 * len(answers)
        return judge_all(answers, *given, **settings)

    monkeypatch.setattr(measuring, "judge_all", slow)
    run = simulate(problem(), taking(clock, 0.1), slots=999, time_limit=10.0, reference=False)
    assert run.done == sum(sizes)
    assert 49 <= run.done <= 51
    assert max(sizes) <= 3  # a quarter of a second
    assert clock.now <= 10.5


class Pupil(LearnedBackend):
    """Knows one bit more than without training."""

    name, accepts, needs_frames = "pupil", (Instance,), False

    def untrained(self, view):
        return {"x": np.array([1.0, 0.0, 0.0])}

    def solve(self, view, budget, rng):
        return Reply({"x": np.array([1.0, 1.0, 0.0])}, Termination.BUDGET, message="training ended after 3 of 9 steps")


def test_training_leaves_half_of_the_time_for_slots_and_says_how_far_it_came(clock):
    class Diligent(Pupil):
        def train(self, stream, fingerprint, budget, rng):
            clock.now += budget.remaining
            return {"training_seconds": clock.now}

        def solve(self, view, budget, rng):
            clock.now += 1.0
            return super().solve(view, budget, rng)

    run = simulate(problem(), Diligent, slots=9, reference=False, time_limit=10.0)
    assert (run.training, run.records["ones"].tolist()) == ({"training_seconds": 5.0}, [2.0] * 4)
    assert "backend 'pupil': training ended after 3 of 9 steps" in run.warnings


def test_slots_of_a_training_that_dawdles_are_decided_without_it():
    class Dreamer(Pupil):
        def train(self, stream, fingerprint, budget, rng):
            dawdle()

    run = simulate(problem(), Dreamer, slots=4, reference=False, time_limit=1.0)
    assert (run.training, run.records["ones"].tolist()) == ({}, [1.0] * 4)
    (reported,) = run.warnings
    assert reported.startswith("backend 'pupil': its share of the time limit ended its training, imports included")
    assert "this point owes nothing to one" in reported


def test_a_training_that_cannot_be_cut_before_the_limit_leaves_a_slot():
    class Deaf(Pupil):
        def train(self, stream, fingerprint, budget, rng):
            with held():
                time.sleep(0.5)
            dawdle()

    run = simulate(problem(), Deaf, slots=10**6, reference=False, time_limit=0.2)
    assert 1 <= run.done < 10**6
