"""Which generator a backend gets: for a frame, in training, in a slot; and what a stream's answers come to together."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

import qmectk
import qmectk.documents
from qmectk import Binary, Budget, LearnedBackend, Quality, Reply, Termination
from qmectk.options import NoOptions
from qmectk.seeds import Stream, generator
from qmectk.testing.instances import CongestionStream

from .fakes import backend, solved, stream

DRIFT = "{problem: drift, devices: 3, servers: 2, server_cpu: 8 GHz}"


def drawing(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
    """Answers nothing set, and the first number it draws."""
    return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED, info={"draw": float(rng.random())})


def draws(solution: Any) -> list[float]:
    return [one.info["draw"] for one in getattr(solution, "solutions", (solution,))]


def test_every_frame_has_a_generator_of_its_own() -> None:
    together = draws(solved(backend(drawing), frames=5))
    assert len(set(together)) == 5
    assert together == draws(solved(backend(drawing), frames=5))
    assert set(together).isdisjoint(draws(solved(backend(drawing), frames=5, seed=1)))


def test_a_frame_alone_has_the_generator_that_it_has_among_the_others() -> None:
    together = draws(solved(backend(drawing), frames=5))
    for frame in range(5):
        alone = qmectk.solve(stream(5), backend(drawing), frame=frame, reference=False)
        assert draws(alone) == [together[frame]]


def test_no_two_streams_share_a_generator() -> None:
    places = [(), (0,), (1,), (2,), (7,), (0, 1), (1, 0), (2**31,)]
    states: dict[str, tuple[str, int, tuple[int, ...]]] = {}
    for name in [*Stream, "somebody: noise", "somebody: order"]:
        for seed in (0, 1, 2**31, 2**70):
            for place in places:
                state = str(generator(name, seed, *place).bit_generator.state["state"])
                other = states.setdefault(state, (name, seed, place))
                # the data of a process are told apart by their places; see the table of streams
                assert other == (name, seed, place) or {other[0], name} <= {Stream.DATA, Stream.PATH, Stream.SLOT}


def test_a_stream_is_made_of_its_seed_its_name_and_its_place_and_of_nothing_else() -> None:
    def same(found: np.random.Generator, seed: Any) -> bool:
        return found.bit_generator.state == np.random.default_rng(seed).bit_generator.state

    assert same(generator(Stream.DATA, 3, 5), [3, 5])
    assert same(generator(Stream.PATH, 3), [3, 0])
    assert same(generator(Stream.SLOT, 3, 5), [3, 1, 5])
    digest = hashlib.sha256(b"backend").digest()
    words = [int.from_bytes(digest[start : start + 4], "little") for start in (0, 4)]
    assert same(generator(Stream.BACKEND, 3, 5), np.random.SeedSequence(3, spawn_key=(*words, 5)))


def test_a_problem_that_draws_as_ours_do_never_hands_its_data_to_a_solver() -> None:
    problem = CongestionStream.of(6, frames=5)
    data = [generator(Stream.DATA, problem.params.seed, frame).random() for frame in range(5)]
    assert data == [np.random.default_rng([problem.params.seed, frame]).random() for frame in range(5)]
    assert set(data).isdisjoint(draws(qmectk.solve(problem, backend(drawing), reference=False)))


def test_training_draws_from_a_stream_of_its_own() -> None:
    class Learner(LearnedBackend):
        name, accepts, Options = "learner", (Binary,), NoOptions

        def train(self, stream: Any, fingerprint: str, budget: Budget, rng: np.random.Generator) -> dict[str, Any]:
            return {"draw": float(rng.random())}

        def solve(self, view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
            return drawing(view, budget, rng)

    problem = CongestionStream.of(3, frames=30, training=4)
    found = qmectk.solve(problem, Learner, reference=False)
    assert found.info["training"]["draw"] not in draws(found)
    other = qmectk.solve(problem, Learner, reference=False, seed=3)
    assert other.info["training"]["draw"] != found.info["training"]["draw"]


def test_every_slot_of_a_controller_has_a_generator_of_its_own() -> None:
    seen: list[float] = []

    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        seen.append(float(rng.random()))
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)

    problem = qmectk.documents.parse(DRIFT)
    for _ in range(2):
        qmectk.simulate(problem, backend(solve), slots=6, reference=False)
    assert len(set(seen[:6])) == 6
    assert seen[:6] == seen[6:]


def test_a_stream_is_as_good_as_its_worst_frame() -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        good = view.instance is first[0]
        return Reply(np.zeros(view.n, np.int8) if good else None, Termination.CONVERGED)

    problem = stream(3)
    first = problem.instances()
    made = type("Remembering", (type(problem),), {"instances": lambda self: first})
    problem.__class__ = made
    found = qmectk.solve(problem, backend(solve), reference=False)
    assert [one.quality for one in found.solutions] == [Quality.FEASIBLE, Quality.NONE, Quality.NONE]
    assert found.quality is Quality.NONE
    assert found.objective is None


@pytest.mark.parametrize(("off", "believed"), [(1e-7, True), (3e-3, False), (-3e-3, False)])
def test_a_claimed_objective_is_held_to_the_measured_one(off: float, believed: bool) -> None:
    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        action = np.ones(view.n, np.int8)
        measured = view.sense * float(view.score(action[None])[0])
        return Reply(action, Termination.CONVERGED, objective=measured * (1.0 + off))

    found = solved(backend(solve))
    assert found.objective
    assert (not found.faults) == believed
    assert believed or "it claims an objective of" in found.faults[0]
