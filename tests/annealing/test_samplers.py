"""Samplers of QUBOs: what they find, what they say, and what they refuse."""

from __future__ import annotations

import itertools
import json
import time

import numpy as np
import pytest

import qmectk
from qmectk import QUBO, Budget, FactoredQuadratic, Termination
from qmectk.errors import InputError, Refused
from qmectk.testing.instances import Squares, true_optimum
from qmectk_annealing.beta import beta_range
from qmectk_annealing.couplings import Couplings
from qmectk_annealing.decompose import impact_decomposer
from qmectk_annealing.dense import DenseOptions, WriteOut
from qmectk_annealing.sa import SimulatedAnnealing
from qmectk_annealing.tree import Tree, TreeOptions, elimination_order

dimod = pytest.importorskip("dimod")
pytest.importorskip("dwave.samplers")

LOCAL = ["sa", "tabu", "steepest-descent", "tree", "decompose"]


def random_model(n: int, density: float, seed: int):
    rng = np.random.default_rng(seed)
    row, column = np.triu_indices(n, 1)
    keep = rng.random(len(row)) < density
    weights = rng.normal(size=int(keep.sum()))
    return dimod.BQM.from_numpy_vectors(rng.normal(size=n), (row[keep], column[keep], weights), 0.5, "BINARY")


def all_states(n: int) -> np.ndarray:
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.int8)


@pytest.mark.parametrize("backend", LOCAL)
def test_finds_the_optimum_of_a_small_problem(backend: str) -> None:
    instance = Squares.drawn(4, 6)
    found = qmectk.solve(instance, backend, reference=False)
    assert found.objective == pytest.approx(true_optimum(instance), abs=1e-9)


def test_flips_are_energy_differences() -> None:
    model, couplings = random_model(7, 0.6, 1), Couplings.of(random_model(7, 0.6, 1))
    state = np.array([0, 1, 1, 0, 1, 0, 0])
    flips = couplings.flips(state)[0]
    for i in range(7):
        other = state.copy()
        other[i] ^= 1
        change = model.energies((other, range(7)))[0] - model.energies((state, range(7)))[0]
        assert flips[i] == pytest.approx(change)


def test_beta_range_scales_with_the_energy() -> None:
    model = random_model(12, 0.5, 2)
    larger = model.copy()
    larger.scale(1000.0)
    low, high = beta_range(model, 3)
    assert 0 < low < high
    assert beta_range(larger, 3) == pytest.approx((low / 1000.0, high / 1000.0))


def test_quality_on_p1() -> None:
    problem = qmectk.documents.parse("{problem: p1, devices: 10, frames: 10, training_frames: 10}")
    assert json.loads(qmectk.solve(problem, "sa").to_json())["mean_ratio"] > 0.985


@pytest.mark.parametrize("seed", range(20))
def test_tree_is_exact(seed: int) -> None:
    n = 4 + seed % 8
    model = random_model(n, 0.4, seed)
    view = QUBO(model, {}, lambda sample: True)
    reply = Tree().solve(view, Budget(), np.random.default_rng(0))
    least = model.energies((all_states(n), range(n))).min()
    assert reply.termination is Termination.PROVED
    assert reply.bound == pytest.approx(least)
    assert model.energy(reply.point) == pytest.approx(least)


def test_tree_refuses_wide_graphs() -> None:
    view = QUBO(random_model(30, 1.0, 0), {}, lambda sample: True)
    with pytest.raises(Refused, match=r"treewidth up to 20.*29 neighbours"):
        Tree().solve(view, Budget(), np.random.default_rng(0))
    with pytest.raises(InputError, match="at most 25"):
        TreeOptions(treewidth=26)


def test_elimination_order_of_a_path() -> None:
    couplings = Couplings.of(dimod.BQM({}, {(i, i + 1): 1.0 for i in range(9)}, 0.0, "BINARY"))
    order, width, entries = elimination_order(couplings, 5)
    assert (sorted(order), width, entries) == (list(range(10)), 1, 19)


def test_a_bound_on_an_exact_route_is_a_certificate() -> None:
    found = qmectk.solve(Squares.drawn(4, 6), "tree", reference=False)
    fidelities = {step["fidelity"] for step in found.route}
    assert (found.quality.value == "optimal") == (fidelities == {"exact"})


@pytest.mark.parametrize("seed", range(12))
def test_written_out_couplings_are_the_factored_value(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 8)), int(rng.integers(0, 3))
    view = FactoredQuadratic(
        rng.normal(size=(n, d)),
        rng.normal(size=d),
        rng.normal(size=n),
        float(rng.integers(0, 2)),
        2.0,
        rng.normal(size=n - 1),
        int(rng.integers(0, n + 1)) if seed % 2 else None,
        0.5,
        rng.choice([-1.0, 1.0], size=d),
    )
    lowered = WriteOut().apply(view, DenseOptions(), None)
    states = all_states(n)
    values = view.value(states)
    energies = lowered.view.model.energies((states, list(lowered.view.model.variables)))
    assert energies[np.isfinite(values)] == pytest.approx(values[np.isfinite(values)])
    assert np.isclose(values[int(np.argmin(energies))], values.min())


def test_memory_is_stated_before_it_is_taken() -> None:
    with pytest.raises(InputError, match=r"8386560 couplings .* MiB.*memory="):
        WriteOut().apply(FactoredQuadratic(np.ones((4096, 1))), DenseOptions(memory=500), None)


def test_a_large_read_is_cut_to_the_time_left() -> None:
    model = random_model(800, 1.0, 0)
    view = QUBO(model, {}, lambda sample: True)
    began = time.process_time()  # a busy machine has no part in it
    reply = SimulatedAnnealing().solve(view, Budget(1.0), np.random.default_rng(0))
    assert reply.point is not None
    assert time.process_time() - began < 4.0


def test_pieces_are_clamped_models() -> None:
    hybrid = pytest.importorskip("hybrid")
    model = random_model(10, 0.7, 4)
    sample = dict(enumerate([0, 1, 1, 0, 1, 0, 0, 1, 1, 0]))
    state = impact_decomposer()(4).next(hybrid.State.from_sample(sample, model))
    piece = state.subproblem
    assert piece.num_variables == 4
    inside = list(piece.variables)
    for bits in all_states(4):
        whole = {**sample, **dict(zip(inside, map(int, bits), strict=True))}
        zero = {**sample, **dict.fromkeys(inside, 0)}
        change = model.energy(whole) - model.energy(zero)
        assert piece.energy({v: whole[v] for v in inside}) == pytest.approx(change)


@pytest.mark.parametrize(
    ("backend", "options"),
    [("sa", {"sweeps": 10**12}), ("tabu", {"restarts": 10**12}), ("qaoa", {"depth": 10**12})],
)
def test_counts_that_no_machine_gets_through_are_refused(backend: str, options: dict[str, int]) -> None:
    with pytest.raises(InputError, match="must be at most"):
        qmectk.solve("p1", backend, frame=0, reference=False, options=options)


def test_updates_of_many_bits_fit_the_sampler_s_counter() -> None:
    problem = qmectk.load("p1", devices=3, frames=1, training_frames=0)
    found = qmectk.solve(problem, "tabu", reference=False, options={"updates": 2**40, "reads": 1}, time_limit=1.0)
    assert found.values is not None


def test_the_end_of_the_limit_within_the_sampler_is_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    problem = qmectk.load("p1", devices=3, frames=1, training_frames=0)
    found = qmectk.solve(problem, "sa", reference=False, options={"reads": 10**6, "sweeps": 100}, time_limit=1.0)
    assert found.termination is Termination.BUDGET
    assert capfd.readouterr().err == ""
