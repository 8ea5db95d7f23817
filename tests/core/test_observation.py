"""Problems that are seen too late: who is given what, and what answers are measured on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import QUBO, Binary, Budget, LearnedBackend, Quality, Reply, Termination
from qmectk.options import NoOptions
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk.testing.instances import CongestionParams, CongestionStream
from qmectk.views import Hindsight

from .fakes import backend


class Late(CongestionStream):
    """Congestion of which the frame before is known."""

    def observe(self, instance: Any) -> Any:
        t = self.frames.index(instance)
        return self._frame(max(t - 1, 0)) if t else None

    @property
    def frames(self) -> list[Any]:
        if not hasattr(self, "_frames"):
            self._frames = [super(Late, self)._frame(t) for t in range(20)]
        return self._frames

    def stream(self, start: int, stop: int) -> list[Any]:
        return self.frames[start:stop]

    def _frame(self, t: int) -> Any:
        made = super()._frame(t)
        made.problem = None
        return made


def late(frames: int = 4, training: int = 1, least: int = 0) -> Late:
    return Late(CongestionParams(users=4, least=least, frames=frames, training_frames=training))


given: list[np.ndarray] = []


def best(view: Binary, budget: Budget, rng: np.random.Generator) -> Reply:
    """The best of all actions by the scores that it is given."""
    given.append(view.instance.gain)  # type: ignore[attr-defined]
    actions = np.array([[int(b) for b in f"{k:0{view.n}b}"] for k in range(2**view.n)], np.int8)
    scores = view.score(actions)
    return Reply(actions[np.argmax(scores)], Termination.CONVERGED, objective=float(scores.max()))


def test_a_backend_that_proves_nothing_is_given_what_is_observed_and_measured_on_the_truth() -> None:
    problem = late()
    given.clear()
    found = qmectk.solve(problem, backend(best))
    np.testing.assert_array_equal(given, [one.gain for one in problem.frames[:4]])
    for one, answer in zip(problem.frames[1:5], found.solutions, strict=True):  # type: ignore[attr-defined]
        assert answer.objective == pytest.approx(one.measure(answer.values).objective)
        assert answer.bound == pytest.approx(one.known_optimum(), rel=1e-6)
    assert not found.faults  # what it says its point is worth is about the observation, too
    assert found.gap is not None
    assert found.gap > 1e-3


def test_a_backend_that_proves_is_given_the_truth_and_that_is_said() -> None:
    problem = late()
    given.clear()
    found = qmectk.solve(problem, backend(best, proves=True), reference=False)
    np.testing.assert_array_equal(given, [one.gain for one in problem.frames[1:5]])
    assert any("given the truth" in note for note in found.notes)


def test_a_bound_on_the_observation_is_none_on_the_frame() -> None:
    """Not even where the backend that is asked for one hands the observation on to another one that proves."""
    found = qmectk.solve(late(), "yesterday", reference=False)
    assert found.certificate is None
    assert found.termination is Termination.CONVERGED


def test_a_frame_alone_is_answered_as_among_the_others() -> None:
    together = qmectk.solve(late(), backend(best), reference=False)
    for frame in range(4):
        alone = qmectk.solve(late(), backend(best), frame=frame, reference=False)
        np.testing.assert_array_equal(alone.values["x"], together.solutions[frame].values["x"])  # type: ignore


def test_observations_go_along_longer_routes_as_well() -> None:
    """Bits of a quadratic view are read back into the observation first, and then carried out."""
    problem = late()
    seen: list[Any] = []

    def solve(view: QUBO, budget: Budget, rng: np.random.Generator) -> Reply:
        seen.append(view.energies(np.eye(view.n, dtype=np.int8)))
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)

    kind = backend(solve, accepts=(QUBO,))
    qmectk.solve(problem, kind, frame=1, reference=False)
    truth = find_route(problem._frame(1), kind, registry()).view
    np.testing.assert_allclose(seen[0], truth.energies(np.eye(truth.n, dtype=np.int8)))


class Learner(LearnedBackend):
    """Keeps the views it was given."""

    name, accepts, Options = "learner", (Binary,), NoOptions
    views: list[Any] = []

    def train(self, stream: Any, fingerprint: str, budget: Budget, rng: np.random.Generator) -> dict[str, Any]:
        type(self).views = list(stream())
        return {}

    def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        assert view.outdated
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


def test_training_shows_what_was_observed_and_what_it_came_to() -> None:
    problem = late(training=6)
    qmectk.solve(problem, Learner, reference=False)
    actions = np.eye(4, dtype=np.int8)
    for t, view in enumerate(Learner.views[1:], start=1):
        before, frame = problem.frames[t - 1].binary(), problem.frames[t].binary()
        assert isinstance(view, Hindsight)
        np.testing.assert_array_equal(view.features(), before.features())
        np.testing.assert_array_equal(view.context(2), before.context(2))
        np.testing.assert_array_equal(view.device_features(), before.device_features())
        np.testing.assert_array_equal(view.score(actions), frame.score(actions))
        assert view.complete(actions[0])["x"].tolist() == actions[0].tolist()
    some = Learner.views[1:4]
    scores = Hindsight.score_many(some, np.stack([actions] * 3))
    np.testing.assert_array_equal(scores, [view.score(actions) for view in some])


def test_where_nothing_is_observed_everything_is_as_it_was() -> None:
    problem = CongestionStream.of(4, frames=3, training=2)
    qmectk.solve(problem, type("Plain", (Learner,), {"solve": lambda self, v, b, r: best(v, b, r)}), reference=False)
    found = qmectk.solve(problem, backend(best))
    assert found.quality is Quality.OPTIMAL
    assert [step["by"] for step in found.route] == ["declaration", "own binary view"]
