"""Ye's problem over time: the virtual queue, and the bound over a horizon."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, milp

from qmectk_problems.meqc_ye.bounds import horizon_bound
from qmectk_problems.meqc_ye.costs import LOCAL, Costs
from qmectk_problems.meqc_ye.problem import MeqcYe

from .ye import FORMS, load


def controlled(
    problem: MeqcYe, slots: int, path: Costs | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Average cost, average shares, last queues and their average over the second half, under the closed form."""
    p = problem.params
    terms = problem.terms_of(problem.process().path(p.seed, slots) if path is None else path)
    plain, free = terms.curves(p.V, 0.0), terms.curves(1.0, 0.0)
    queue, shares, modes = np.zeros(p.devices), np.zeros((slots, p.devices)), np.zeros((slots, p.devices), int)
    pull, late = np.array([0.0, 1.0, 1.0]), np.zeros(p.devices)
    for t in range(slots):
        now = plain.at(t)
        charge = np.zeros((p.devices, 3))
        if p.queue == "printed":
            charge[:, LOCAL] = queue * p.Delta
        now = now.replaced(linear=now.linear - queue[:, None] * pull, constant=now.constant + charge)
        share, value = now.minimise()
        modes[t] = np.argmin(value, axis=-1)
        shares[t] = share[np.arange(p.devices), modes[t]]
        owed = np.where(shares[t] == 0.0, p.Delta, 0.0) if p.queue == "printed" else p.Delta
        queue = np.maximum(queue + owed - shares[t], 0.0)
        late += queue * (t >= slots // 2)
    cost = np.take_along_axis(free.value(shares[..., None]), modes[..., None], axis=-1)
    return cost.mean(), shares.mean(axis=0), queue, late / (slots - slots // 2)


@pytest.mark.parametrize("form", FORMS)
def test_average_share_is_at_least_what_the_queue_says(form: str) -> None:
    path = load(devices=6).process().path(0, 300)
    for V in (0.01, 0.1, 3.0):
        problem = load(cost_form=form, V=V, Delta=0.72, devices=6)
        _, share, queue, _ = controlled(problem, 300, path)
        assert np.all(share >= 0.72 - queue / 300 - 1e-12)


def test_printed_queue_does_not_enforce_the_target() -> None:
    printed = load(cost_form="published", queue="printed", Delta=0.8, V=0.1)
    path = printed.process().path(0, 1000)
    _, share, queue, _ = controlled(printed, 1000, path)
    assert queue.max() == 0.0
    assert share.min() < 0.7
    _, repaired, rest, _ = controlled(load(cost_form="published", Delta=0.8, V=0.1), 1000, path)
    assert repaired.min() >= 0.8 - rest.max() / 1000 - 1e-12
    assert repaired.min() > 0.79


@pytest.mark.parametrize("form", FORMS)
def test_dual_bound_below_recovered_and_costs_grow_with_the_target(form: str) -> None:
    problem = load(cost_form=form, devices=5)
    terms = problem.terms_of(problem.process().path(0, 200))
    costs = []
    for target in (0.0, 0.3, 0.5, 0.6, 0.65, 0.7, 0.72):
        found = horizon_bound(terms, target)
        assert found.feasible
        assert np.all(found.bounds <= found.recovered + 1e-9)
        assert np.all(found.shares >= target - 1e-12)
        assert np.all(found.recovered - found.bounds <= 20.0 / 200)  # O(1/R)
        costs.append(found.cost)
    assert np.all(np.diff(np.array(costs)) >= -1e-9)


def test_serial_dual_is_the_linear_program_and_the_milp_lies_between() -> None:
    """One device: mode and share of every slot, once as LP and once with whole modes."""
    slots, target = 60, 0.75
    problem = load(cost_form="serial", devices=1, seed=3)
    terms = problem.terms_of(problem.process().path(3, slots))
    low, high, local = (np.asarray(part)[:, 0] for part in terms.limits)
    home, away, answer = terms.home[:, 0], terms.away[:, 0], terms.answer[:, 0]
    # columns: y_local, y_cpu, y_qpu, s_cpu, s_qpu; cost of mode X: home + answer at 0, slope away - home
    cost = np.column_stack([home, home + answer, home + answer, away - home[:, None]]).ravel()
    upper = np.column_stack([local, low <= high, np.ones((slots, 2))]).astype(float).ravel()
    rows, least, most = [], [], []
    for r in range(slots):
        for coefficients, at_least, at_most in (
            ({0: 1, 1: 1, 2: 1}, 1.0, 1.0),
            ({3: 1, 1: -high[r, 0]}, -np.inf, 0.0),
            ({4: 1, 2: -high[r, 1]}, -np.inf, 0.0),
            ({3: 1, 1: -low[r, 0]}, 0.0, np.inf),
            ({4: 1, 2: -low[r, 1]}, 0.0, np.inf),
        ):
            row = np.zeros(5 * slots)
            for k, value in coefficients.items():
                row[5 * r + k] = value
            rows.append(row)
            least.append(at_least)
            most.append(at_most)
    total = np.tile([0.0, 0, 0, 1, 1], slots)
    rows.append(total)
    least.append(target * slots)
    most.append(np.inf)
    matrix = np.array(rows)
    constraint = LinearConstraint(matrix, least, most)
    whole = milp(cost, constraints=constraint, bounds=(0, upper), integrality=np.tile([1, 1, 1, 0, 0], slots))
    relaxed = milp(cost, constraints=constraint, bounds=(0, upper))
    found = horizon_bound(terms, target)
    assert found.feasible
    assert found.cost == pytest.approx(relaxed.fun / slots, rel=1e-6)
    assert found.cost <= whole.fun / slots + 1e-9
    assert whole.fun / slots <= found.recovered[0] * (1 + 1e-6)


def test_infeasible_target_is_reported_with_numbers() -> None:
    problem = load(cost_form="serial", Delta=0.95)
    found = problem.process().bound(0, 0, 100)
    assert not found.feasible
    assert found.cost is None
    assert f"{found.largest.min():.4f}" in found.message
    assert problem.concerns()
    assert "0.95" in problem.concerns()[0]
    # every queue of a device that cannot keep up grows by Delta - Delta_max
    path = problem.process().path(0, 400)
    _, share, queue, _ = controlled(load(cost_form="serial", Delta=0.95, V=0.01), 400, path)
    limit = horizon_bound(problem.terms_of(path), 0.95).largest
    worst = int(np.argmin(limit))
    assert queue[worst] / 400 == pytest.approx(0.95 - limit[worst], abs=0.02)
    assert share[worst] == pytest.approx(limit[worst], abs=0.02)


def test_queue_over_V_tends_to_the_multiplier_and_the_gap_shrinks() -> None:
    slots = 2000
    costs = {}
    path = load(devices=6).process().path(0, slots)
    bound = horizon_bound(load(cost_form="published", devices=6).terms_of(path), 0.75)
    multiplier = bound.multipliers
    for V in (0.03, 0.3):
        problem = load(cost_form="published", V=V, Delta=0.75, devices=6)
        cost, _, queue, late = controlled(problem, slots, path)
        costs[V] = float(cost) - float(bound.cost or 0.0)
        assert queue.max() / slots < 0.01
        if V == 0.3:
            assert late / V == pytest.approx(multiplier, rel=0.3, abs=1.5)
    assert 0 < costs[0.3] < costs[0.03]


def test_simulation_and_the_path_see_the_same_slots() -> None:
    from qmectk.simulating import simulate

    run = simulate(load(Delta=0.7, devices=5), "exact", slots=60, horizon=True)
    problem = load(Delta=0.7, devices=5)
    cost, share, queue, _ = controlled(problem, 60)
    assert run.means()["cost"] == pytest.approx(float(cost), rel=1e-12)
    assert run.means()["share"] == pytest.approx(float(share.mean()), rel=1e-12)
    assert run.records["virtual_backlog"][-1] == pytest.approx(float(queue.mean()), rel=1e-12)
    assert run.horizon is not None
    other = simulate(load(Delta=0.7, devices=5), "cpu-continuous", slots=60)
    assert other.gap()[0] is not None


def test_the_controller_follows_the_mode_shares() -> None:
    problem = load(preset="published", devices=15)
    terms = problem.terms_of(problem.process().path(0, 300))
    modes = np.argmin(terms.curves(1.0, 0.0).minimise()[1], axis=-1)
    interior = terms.curves(1.0, 0.0).minimise()[0][..., 1:]
    assert (modes != LOCAL).mean() > 0.95  # the square makes a little offloading free
    assert np.mean((interior > 0) & (interior < 1)) > 0.2
