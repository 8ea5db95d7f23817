"""Running backends that crash, lie, hang on too few frames or say no: an answer in every case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import qmectk
import qmectk.documents
from qmectk import Budget, Quality, Reply, StreamSolution, Termination
from qmectk.errors import InputError, MissingPackage, Refused
from qmectk.testing.instances import CongestionStream, Parity, WaterFilling

from .fakes import backend, solved, stream

# ---- crashes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("oops"), SystemExit(2), MemoryError(), RecursionError("deep")])
def test_a_crash_is_an_answer(error: BaseException) -> None:
    def solve(*_: Any) -> Any:
        raise error

    found = solved(backend(solve))
    assert (found.termination, found.quality, found.values) == (Termination.FAILED, Quality.NONE, None)
    assert "backend 'fake' crashed" in found.faults[0]
    assert type(error).__name__ in found.faults[0]


def test_a_crash_in_the_constructor_is_an_answer() -> None:
    def init(self: Any, options: Any = None) -> None:
        raise RuntimeError("no licence")

    assert "no licence" in solved(backend(__init__=init)).faults[0]


@pytest.mark.parametrize("written", [{"gap": None}, {"gap": {}}, {"seconds": "x"}, {"report": None}, {"_start": None}])
def test_what_a_backend_writes_into_its_budget_is_its_own_business(written: dict[str, Any]) -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Any:
        vars(budget).update(written)
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)

    found = qmectk.solve(stream(1), backend(solve), time_limit=60)
    assert found.feasible
    assert found.bound is not None


def test_an_interrupt_is_not_swallowed() -> None:
    def solve(*_: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solved(backend(solve))


def test_a_refusal_reaches_the_user_as_it_is() -> None:
    def solve(*_: Any) -> Any:
        raise Refused("too many bits", "use 'sa'")

    with pytest.raises(Refused, match="too many bits; use 'sa'"):
        solved(backend(solve))


# ---- malformed replies ----------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [None, 3, (1, 2), {"x": 1}])
def test_what_is_no_reply_is_a_fault(reply: Any) -> None:
    found = solved(backend(lambda *_: reply))
    assert found.termination is Termination.FAILED
    assert f"returned {type(reply).__name__}, not a Reply" in found.faults[0]


@pytest.mark.parametrize("point", [np.zeros(2), np.zeros((3, 1)), "110", 5, [None] * 3, np.full(3, np.nan)])
def test_a_malformed_point_is_no_feasible_point(point: Any) -> None:
    found = solved(backend(lambda *_: Reply(point, Termination.CONVERGED)))
    assert not found.feasible
    assert found.objective is None or found.quality is Quality.INFEASIBLE


@pytest.mark.parametrize(
    "reply",
    [
        Reply(None, "splendid"),  # type: ignore[arg-type]
        Reply(None, Termination.BUDGET, bound="high"),  # type: ignore[arg-type]
        Reply(None, Termination.BUDGET, bound=1.0, tolerance=None),  # type: ignore[arg-type]
        Reply(None, Termination.BUDGET, info=7),  # type: ignore[arg-type]
        Reply(np.zeros(3), Termination.BUDGET, objective="good"),  # type: ignore[arg-type]
    ],
)
def test_a_malformed_reply_is_a_fault(reply: Reply) -> None:
    found = solved(backend(lambda *_: reply, proves=True))
    assert found.termination is Termination.FAILED
    assert "cannot be read" in found.faults[0]


@pytest.mark.parametrize("replies", [None, 3, "abc", [Reply(None, Termination.BUDGET)] * 9])
def test_what_is_no_list_of_replies_is_a_fault(replies: Any) -> None:
    found = solved(backend(solve_many=lambda self, views, budget, rngs: replies), frames=2)
    assert found.termination is Termination.FAILED
    assert "not a list of at most 2 replies" in found.faults[0]


def test_fewer_replies_than_frames_are_a_shorter_stream() -> None:
    one = Reply(np.zeros(3, np.int8), Termination.CONVERGED)
    found = solved(backend(solve_many=lambda self, views, budget, rngs: [one, one]), frames=5)
    assert isinstance(found, StreamSolution)
    assert (found.frames, found.termination) == (2, Termination.BUDGET)
    assert "2 of 5 frames" in found.message


def test_no_reply_at_all_is_no_point() -> None:
    found = solved(backend(solve_many=lambda self, views, budget, rngs: []), frames=2)
    assert found.quality is Quality.NONE
    assert found.termination is Termination.BUDGET


# ---- claims ---------------------------------------------------------------------------------------


def test_a_bound_needs_a_licence() -> None:
    reply = Reply(np.zeros(3, np.int8), Termination.PROVED, bound=0.0)
    found = solved(backend(lambda *_: reply))
    assert found.bound is None
    assert found.termination is Termination.CONVERGED
    assert "does not declare that it proves any" in found.faults[0]


def test_a_bound_on_a_restriction_stays_there() -> None:
    """A backend on the QUBO view may prove whatever it likes: nothing of it reaches the declared problem."""

    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        sample = dict.fromkeys(view.model.variables, 0)
        return Reply(sample, Termination.PROVED, bound=0.0, proof="wishful thinking", objective=12.0)

    # P1 reaches a QUBO through its grid restriction and penalties
    problem = qmectk.documents.parse("problem: p1\ndevices: 3\n")
    found = qmectk.solve(problem, backend(solve, accepts=(qmectk.QUBO,), proves=True), reference=False)
    assert found.certificate is None
    assert found.quality is Quality.FEASIBLE
    assert found.termination is Termination.CONVERGED
    assert found.faults == ()


def test_the_bound_of_a_relaxation_counts_and_its_point_is_rounded() -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        view.problem.solve()
        return Reply(
            view.values(), Termination.PROVED, bound=float(view.problem.value), tolerance=1e-6, proof="duality"
        )

    found = qmectk.solve(Parity(), backend(solve, accepts=(qmectk.Convex,), proves=True), reference=False)
    assert found.bound is not None  # the relaxation is feasible
    assert found.values is None  # its rounded point has no feasible completion: no incumbent, and nobody's fault
    assert found.faults == ()
    assert "no feasible completion" in found.message


# ---- randomness and budgets -----------------------------------------------------------------------


def test_a_frame_s_generator_depends_on_seed_and_frame_only() -> None:
    drawn: list[int] = []

    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        drawn.append(int(rng.integers(2**60)))
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)

    made = backend(solve)
    solved(made, frames=4, seed=5)
    solved(made, frames=2, seed=5)
    assert drawn[:2] == drawn[4:]
    assert len(set(drawn[:4])) == 4
    solved(made, frames=2, seed=6)
    assert not set(drawn[:4]) & set(drawn[6:])


def test_the_time_limit_ends_a_stream() -> None:
    found = solved(backend(), frames=50, time_limit=1e-9)
    assert found.frames == 1
    assert found.termination is Termination.BUDGET


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"seed": -1}, "seed must be 0 or more"),
        ({"time_limit": 0}, "time limit must be a positive number"),
        ({"time_limit": float("nan")}, "time limit must be a positive number"),
        ({"gap": -1}, "gap must be 0 or more"),
        ({"gap": float("inf")}, "gap must be 0 or more"),
        ({"options": {"speed": 1}}, "backend 'fake' has no option 'speed'"),
    ],
)
def test_numbers_are_checked(settings: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        solved(backend(), **settings)


@pytest.mark.parametrize(
    ("target", "frames", "sentence"),
    [
        (7, None, "cannot solve a int"),
        (WaterFilling.drawn(2), 3, "an Instance is one frame"),
        (CongestionStream.of(2), 0, "frames must be a whole number of at least 1"),
        ("p7", None, "there is no problem file or shipped problem 'p7'; did you mean 'p1'"),
    ],
)
def test_targets_are_checked(target: Any, frames: int | None, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        qmectk.solve(target, "cd", frames=frames)


def test_a_missing_package_names_the_extra() -> None:
    made = backend(requires=("no_such.module",), extra="qmectk[some]")
    with pytest.raises(MissingPackage) as caught:
        solved(made)
    assert str(caught.value) == "backend 'fake' needs no-such-module; run: pip install 'qmectk[some]'"
    assert caught.value.exit_code == 3
    with pytest.raises(MissingPackage, match=r"run: pip install no-such-module$"):
        solved(backend(requires=("no_such_module",)))


# ---- whole solutions ------------------------------------------------------------------------------


def test_the_reference_certifies_what_a_heuristic_found() -> None:
    found = qmectk.solve(stream(frames=3), "greedy")
    assert isinstance(found, StreamSolution)
    assert found.reference is not None
    assert found.reference.proved
    assert all(s.bound is not None for s in found.solutions)
    assert found.bound == pytest.approx(np.mean([s.bound for s in found.solutions]))
    assert all(0 <= ratio <= 1 + 1e-9 for ratio in found.ratios)


def test_values_have_a_leading_axis_of_frames() -> None:
    found = solved(backend(), frames=4)
    assert found.values is not None
    assert found.values["x"].shape == (4, 3)


def test_a_sequence_of_views_is_given_to_solve_many() -> None:
    given: list[int] = []

    def solve_many(self: Any, views: Sequence[Any], budget: Budget, rngs: Any) -> list[Reply]:
        given.extend([len(views), len(rngs)])
        return [Reply(None, Termination.CONVERGED) for _ in views]

    solved(backend(solve_many=solve_many), frames=6)
    assert given == [6, 6]
