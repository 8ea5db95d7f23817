"""What samplers tell while they run: better and better feasible samples, and how long they prepared."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import QUBO, Backend, Budget
from qmectk.plugins import registry
from qmectk_annealing.samples import Samples, portions

dimod = pytest.importorskip("dimod")
pytest.importorskip("dwave.samplers")

pytestmark = pytest.mark.filterwarnings("ignore")

SAMPLERS: dict[str, dict[str, Any]] = {
    "sa": {"sweeps": 1, "reads": 200},
    "tabu": {"updates": 1, "restarts": 0, "reads": 30},
    "steepest-descent": {"reads": 300},
    "decompose": {"size": 6, "starts": 8},
    "qaoa": {"shots": 8},
    "dwave-qpu": {"solver": "mock-pegasus-6"},
}


def hard(n: int, seed: int = 0) -> QUBO:
    """Random couplings, and a constraint that half of all states break, the first bit is set, with a weak penalty."""
    rng = np.random.default_rng(seed)
    row, column = np.triu_indices(n, 1)
    model = dimod.BQM.from_numpy_vectors(rng.normal(size=n), (row, column, rng.normal(size=len(row))), 0.0, "BINARY")
    model.add_linear(0, -2.0)
    return QUBO(model, {"first": 2.0}, lambda sample: sample[0] == 1)


def answered(name: str, view: QUBO, reported: list[Any] | None) -> tuple[Any, Budget]:
    cls: type[Backend] = registry().backend(name)
    recorder = None if reported is None else lambda objective, bound, point: reported.append((objective, bound, point))
    budget = Budget(recorder=recorder)
    backend = cls(cls.Options(**SAMPLERS[name]))
    return backend.solve(view, budget, np.random.default_rng(5)), budget


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_better_feasible_sample_is_told(name: str) -> None:
    view = hard({"qaoa": 14, "dwave-qpu": 40}.get(name, 120))
    reported: list[Any] = []
    reply, _ = answered(name, view, reported)
    assert len(reported) >= (1 if name == "dwave-qpu" else 2)  # a chip answers all its reads at once
    assert all(objective is None and bound is None for objective, bound, _ in reported)
    energies = [view.model.energy(point) for _, _, point in reported]
    assert all(later < earlier for earlier, later in itertools.pairwise(energies))
    assert all(point[0] == 1 for _, _, point in reported)
    assert reported[-1][2] == reply.point
    assert answered(name, view, None)[0].point == reply.point


def test_embedding_is_charged_as_compilation() -> None:
    reply, budget = answered("dwave-qpu", hard(40), None)
    assert reply.info["embedding_seconds"] > 0.0
    assert budget.compilation_seconds == pytest.approx(reply.info["embedding_seconds"], abs=0.01)
    assert budget.compilation_seconds < budget.elapsed


def test_pieces_tell_nothing_of_themselves() -> None:
    view = hard(30)
    reported: list[Any] = []
    cls = registry().backend("decompose")
    backend = cls(cls.Options(sampler="qaoa", starts=1, passes=1))
    backend.solve(view, Budget(recorder=lambda *event: reported.append(event)), np.random.default_rng(0))
    assert all(len(point) == 30 for _, _, point in reported)


@pytest.mark.parametrize("reads", [1, 2, 4, 5, 20, 1000])
@pytest.mark.parametrize("most", [None, 1, 7])
def test_portions_add_up(reads: int, most: int | None) -> None:
    parts = list(portions(reads, most))
    assert sum(parts) == reads
    assert parts[0] == 1
    assert most is None or max(parts) <= most


def test_samples_count_occurrences_and_prefer_the_feasible() -> None:
    model = dimod.BQM({"a": -1.0, "b": -2.0}, {}, 0.0, "BINARY")
    samples = Samples(QUBO(model, {"one": 1.0}, lambda sample: sample["b"] == 0))
    energies = samples.add_states([[1, 1], [0, 0]], counts=[3, 1])
    assert energies.tolist() == [-3.0, 0.0]
    samples.add_states([[1, 0], [0, 0]], labels=["b", "a"])
    reply = samples.reply(qmectk.Termination.CONVERGED, {})
    assert reply.point == {"a": 0, "b": 0}
    assert (len(samples), reply.info["samples"], reply.info["share_feasible"]) == (6, 6, 2 / 6)
    samples.add_states([[1, 0]])
    assert samples.reply(qmectk.Termination.CONVERGED, {}).point == {"a": 1, "b": 0}


def test_a_comparison_draws_more_than_the_end() -> None:
    problem = qmectk.documents.parse("{problem: p1, devices: 10, frames: 2, training_frames: 1, seed: 4}")
    chosen = {"sa": {"sweeps": "2", "reads": "100"}, "qaoa": {"shots": "4"}}
    frame = qmectk.compare(problem, chosen, references=False, time_limit=30).frame
    assert (frame["status"] == "ok").all()
    for row in frame.itertuples():
        events = json.loads(row.events)
        values = [value for _, value, _ in events]
        assert len(events) >= 2, row.backend
        assert values == sorted(values)
        assert values[-1] == pytest.approx(row.objective)
        assert [at for at, _, _ in events] == sorted(at for at, _, _ in events)
    assert (frame.loc[frame["backend"] == "qaoa", "compilation_seconds"] > 0.0).all()
