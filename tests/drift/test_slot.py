"""One slot: golden values, presets, the views and their backends."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

import qmectk
from qmectk.documents import parse
from qmectk.errors import InputError
from qmectk.readings.batched import measure_frames
from qmectk.views.decisions import onto_capped_simplex
from qmectk.worlds.copies import decisions_of
from qmectk_exact.capacity.bound import dual_bound
from qmectk_exact.capacity.priced import price_many
from qmectk_exact.capacity.simplex import solve_capacity_many
from qmectk_problems.drift.bits import ServerBits
from qmectk_problems.drift.process import DriftState

POWER = "weights: {throughput: 0, power: 1}, target: null"


def drift(text="", **keys):
    return parse(f"{{problem: drift{', ' if text else ''}{text}}}", **keys)


def tight(devices, servers, frames, seed=0, **keys):
    """Slots in which capacity binds: the sum of the capacities is 0.75 of the mean arrivals."""
    cpu = 0.75 * devices * 5 / servers * 8e8
    return drift(POWER, devices=devices, servers=servers, frames=frames, server_cpu=cpu, seed=seed, **keys)


def arrays(problem):
    instances = problem.instances()
    value, load = (np.stack([getattr(one, name) for one in instances]) for name in ("value", "served"))
    return value, load, instances[0].capacity


def test_golden_values_of_the_drift():
    problem = drift(POWER, devices=1, servers=1, V=1000)
    process = problem.process()
    value, rate, served = process.price(np.array([12.0]), np.zeros(1), np.array([[1e-7]]))
    assert rate[0, 0] == pytest.approx(8.648579, rel=1e-7)
    assert served[0, 0] == rate[0, 0]
    assert value[0, 0] == pytest.approx(3.782949, abs=1e-6)  # Psi, because c = b


def test_psi_with_every_term():
    problem = drift("weights: {throughput: 2, power: 3}, target: 0.9", devices=1, servers=1, V=10)
    value, rate, served = problem.process().price(np.array([4.0]), np.array([1.5]), np.array([[1e-7]]))
    b, c = rate[0, 0], 4.0
    psi = (4.0 + 1.5 + 10 * 2) * b - 10 * 3 * 0.1
    assert served[0, 0] == c
    assert value[0, 0] == pytest.approx(psi * c / b)


def test_published_preset_is_literal():
    """Gain 1, no buffer, the stray factor s in (5), V once in U and once outside, no server capacity."""
    problem = drift("preset: published, weights: {throughput: 1, power: 1}", devices=1, servers=2, V=10)
    process = problem.process()
    gain = np.array([[1.0, 0.5]])
    value, rate, served = process.price(np.array([3.0]), np.array([2.0]), gain)
    # by hand: SNR 1e8 and 5e7; b = 20e6 * 1e-3 / 8e3 * log2(1 + SNR)
    assert rate[0] == pytest.approx([66.43856190, 63.93856191], rel=1e-9)
    assert np.array_equal(served, rate)  # 3 tasks in the buffer, 66 served
    by_hand = [(3 + 2 + 10 * 1 * s) * b - 10 * 10 * 0.1 for s, b in ((1, rate[0, 0]), (2, rate[0, 1]))]
    assert value[0] == pytest.approx(by_hand)
    y = np.array([[0.25, 0.75]])
    backlog, virtual, record = process.step(np.array([3.0]), np.array([2.0]), rate, y, np.array([4.0]))
    assert record["throughput"] == pytest.approx(1 * 0.25 * rate[0, 0] + 2 * 0.75 * rate[0, 1])
    assert record["power"] == pytest.approx(0.1)
    assert record["utility"] == pytest.approx(float(record["throughput"]) - 10 * 0.1)
    assert backlog == pytest.approx([4.0])  # [3 - 64]^+ + 4
    assert virtual == pytest.approx([0.0])
    assert record["served"] == pytest.approx(3.0)  # what there was
    assert process.capacity.size == 0


def test_presets_are_named_and_never_mixed_silently():
    assert drift().params.title == "calibrated"
    assert drift("preset: published").params.title == "published"
    mixed = drift("preset: published, mean_gain: 1e-7, V_counts: twice").params.title
    assert mixed == "published but mean_gain=1e-07"
    assert "published" in drift("preset: published").instances()[0].label


def test_queue_update_by_hand():
    problem = drift("target: 0.8", devices=2, servers=1, arrivals=[5, 1])
    process = problem.process()
    rate = np.array([[8.0], [2.0]])
    backlog, virtual, record = process.step(
        np.array([4.0, 10.0]), np.array([1.0, 0.1]), rate, np.array([[0.5], [1.0]]), np.array([3.0, 0.0])
    )
    assert backlog == pytest.approx([4 - 2 + 3, 10 - 2 + 0])  # c = min(b, Q) = 4 and 2
    assert virtual == pytest.approx([1 + 4 - 2, max(0.1 + 0.8 - 2, 0)])
    assert record["power"] == pytest.approx(0.1 * (0.5 * 4 / 8 + 1.0))


@pytest.mark.parametrize(("devices", "servers"), [(1, 1), (4, 2), (10, 3), (30, 6)])
def test_simplex_highs_and_declaration_agree(devices, servers):
    problem = tight(devices, servers, 5, seed=2)
    value, load, capacity = arrays(problem)
    y, price, worth, bound, _ = solve_capacity_many(value, load, capacity)
    assert worth == pytest.approx(bound, rel=1e-11, abs=1e-9)
    for i, one in enumerate(problem.instances()):
        assert dual_bound(value[i], load[i], capacity, price[i]) == pytest.approx(bound[i])
        ours = qmectk.solve(one, "capacity")
        theirs = qmectk.solve(one, "highs")
        kept = qmectk.solve(one, "capacity", options={"method": "highs"})
        assert ours.quality == theirs.quality == kept.quality == "optimal"
        assert ours.objective == pytest.approx(worth[i], rel=1e-9, abs=1e-9)
        assert theirs.objective == pytest.approx(worth[i], rel=1e-6, abs=1e-6)
        assert kept.objective == pytest.approx(worth[i], rel=1e-6, abs=1e-6)
    assert np.sum(np.sum(y > 1e-9, axis=2) > 1, axis=1).max() <= servers  # a basic solution splits at most S devices


def test_order_of_the_bounds_and_values():
    """Prices >= LP >= one server a device >= greedy, slot by slot."""
    problem = tight(8, 3, 6, seed=1)
    whole = tight(8, 3, 6, seed=1, one_server=True)
    value, load, capacity = arrays(problem)
    _, _, worth, _, pivots = solve_capacity_many(value, load, capacity)
    assert np.sum(pivots > 0) >= 4  # capacity does bind
    _, _, priced, bound = price_many(value, load, capacity)
    for i, one in enumerate(whole.instances()):
        best = qmectk.solve(one, "capacity")
        greedy = qmectk.solve(one, "capacity-greedy", reference=False)
        assert best.quality == "optimal"
        assert best.objective == pytest.approx(qmectk.solve(one, "highs", reference=False).objective, rel=1e-5)
        assert bound[i] >= worth[i] - 1e-9
        assert worth[i] >= best.objective - 1e-6
        assert best.objective >= greedy.objective - 1e-6
        assert priced[i] <= worth[i] + 1e-9
    assert np.mean(bound / worth) < 1.01


def test_one_server_is_optimal_by_enumeration():
    problem = drift(POWER, devices=4, servers=2, frames=5, one_server=True, server_cpu=6e9, seed=3)
    for one in problem.instances():
        view = one.servers().view
        actions = np.array(list(itertools.product((0, 1), repeat=view.n)), dtype=np.int8)
        best = float(view.score(actions).max())
        assert qmectk.solve(one, "capacity").objective == pytest.approx(best, rel=1e-6, abs=1e-7)


def test_closed_form_is_never_worse_than_a_grid():
    problem = drift(POWER, devices=2, servers=2, frames=8, limited_servers=False, seed=4)
    grid = np.linspace(0, 1, 11)
    rows = [(a, b) for a in grid for b in grid if a + b <= 1 + 1e-12]
    for one in problem.instances():
        found = qmectk.solve(one, "capacity")
        assert found.info["pivots"] == 0
        best = sum(max(one.value[m] @ np.array(row) for row in rows) for m in range(2))
        assert found.objective >= best - 1e-12


def test_huge_values_and_empty_slots():
    value, load = np.full((1, 3, 2), -1.0), np.ones((1, 3, 2))
    y, _, worth, bound, _ = solve_capacity_many(value, load, [1.0, 1.0])
    assert not y.any()
    assert worth[0] == bound[0] == 0.0
    value = np.array([[[1e9, 1e-9], [1e8, 1.0]]])
    _, _, worth, bound, _ = solve_capacity_many(value, np.ones((1, 2, 2)), [1.0, 0.0])
    assert worth[0] == pytest.approx(1e9)
    assert bound[0] == pytest.approx(1e9)


def test_many_copies_give_what_each_gives_alone():
    value, load, capacity = arrays(tight(10, 3, 20))
    together = solve_capacity_many(value, load, capacity)
    for b in range(len(value)):
        alone = solve_capacity_many(value[b : b + 1], load[b : b + 1], capacity)
        assert np.array_equal(alone[0][0], together[0][b])
        assert alone[2][0] == together[2][b]


@pytest.mark.parametrize(
    "backend", ["cd", "greedy", "random", "best-channel", "random-server", "local-service", "prices"]
)
@pytest.mark.parametrize("one_server", [False, True])
def test_every_backend_is_feasible_and_below_the_bound(backend, one_server):
    problem = tight(6, 2, 3, one_server=one_server)
    options = {}
    if backend == "droo":
        pytest.importorskip("torch")
        problem = tight(6, 2, 3, one_server=one_server, training_frames=40)
        options = {"retrain": True}
    solution = qmectk.solve(problem, backend, options=options)
    assert solution.feasible
    assert not solution.faults
    assert solution.objective <= solution.bound + 1e-6


def test_qubo_route_gives_feasible_points():
    pytest.importorskip("dimod")
    solution = qmectk.solve(tight(3, 2, 2), "sa")
    assert solution.feasible
    assert "steps a server" in solution.route[1]["note"]


@pytest.mark.parametrize("seed", range(3))
def test_the_effect_of_each_bit_is_its_score(seed):
    from qmectk.views import Binary

    one = tight(6, 3, 1, seed=seed, local={"service": True} if seed else {"service": False}).instances()[0]
    some = np.arange(one.served.size).reshape(one.served.shape) % 4 > 0
    idle = dataclasses.replace(one, served=np.where(some, one.served, 0.0))
    for instance in (one, idle, dataclasses.replace(one, value=one.value - np.median(one.value))):
        view = ServerBits(instance)
        assert np.array_equal(view.effects(), Binary.effects(view))


def test_local_service_computes_on_its_own_cpu():
    problem = drift(POWER, devices=3, servers=2, frames=1, local={"service": True})
    one = problem.instances()[0]
    assert one.value.shape == (3, 3)
    assert one.rate[0, 2] == pytest.approx(1.25)
    assert one.power[0, 2] == pytest.approx(0.1)
    y = qmectk.solve(one, "local-service", reference=False).values["y"].reshape(3, 3)
    assert np.array_equal(y, [[0, 0, 1]] * 3)


def test_stacked_measurement_is_the_same():
    problem = tight(5, 2, 7, one_server=True)
    instances = problem.instances()
    rng = np.random.default_rng(0)
    views = [decisions_of(one) for one in instances]
    points = [view.complete(view.random(rng)) for view in views]
    together = measure_frames(instances, points)
    for one, point, found in zip(instances, points, together, strict=True):
        alone = one.measure(point)
        assert alone.violation <= 1e-12
        assert found.objective == pytest.approx(alone.objective)
        assert found.violation == pytest.approx(alone.violation)


def test_projection_onto_the_capped_simplex():
    rng = np.random.default_rng(1)
    y = rng.normal(0.3, 0.7, (50, 4))
    found = onto_capped_simplex(y)
    assert found.min() >= 0
    assert found.sum(axis=1).max() <= 1 + 1e-12
    inside = (y >= 0).all(axis=1) & (y.sum(axis=1) <= 1)
    assert np.array_equal(found[inside], y[inside])
    other = rng.dirichlet(np.ones(5), (2000,))[:, :4]  # points of the set
    for row, near in zip(y, found, strict=True):
        assert np.sum((row - near) ** 2) <= np.min(np.sum((row - other) ** 2, axis=1)) + 1e-12


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("arrivals: [1, 2]", "2 numbers for 10 devices"),
        ("backlog: {between: [3, 1]}", "must not exceed"),
        ("servers: 0", "servers"),
        ("preset: guessed", "preset"),
        ("slot: 1 W", "wrong unit"),
    ],
)
def test_mistakes_are_named(text, words):
    with pytest.raises(InputError, match=words):
        drift(text)


def test_a_state_without_a_link_serves_nobody():
    process = drift(POWER, devices=2, servers=1).process()
    one = process.instance(DriftState(0, np.array([5.0, 5.0]), np.zeros(2), np.array([[0.0], [1e-7]])))
    assert np.isfinite(one.value).all()
    assert one.value[0, 0] == 0.0
