"""Xu's problem: golden values, and the assignment against MILP, enumeration and its own dual."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, milp

import qmectk
from qmectk.errors import InputError, NoRoute
from qmectk.views.assignment import match_users, price_bound, slot_prices
from qmectk_problems.meqc.instance import MeqcInstance

MEBIBYTE = 2.0**20


def one_slot(preset: str, *, users: int = 1, **settings: Any) -> MeqcInstance:
    """The task of the golden values: 160 MiB, pb = 3, one server with a code of level 1."""
    problem = qmectk.load("meqc", preset=preset, users=users, servers=1, frames=1, training_frames=0, **settings)
    return problem.instance(  # type: ignore[attr-defined]
        scale=np.full(users, 3),
        size=np.full(users, 160 * MEBIBYTE),
        power=np.full(users, 1e-4),
        local_clock=np.full(users, 1e9),
        gain=np.full((users, 1), 6.0),
        edge_clock=[15e9],
        level=[1],
        qubits=[2000],
    )


def test_golden_values_of_both_presets() -> None:
    printed, repaired = one_slot("published"), one_slot("calibrated")
    for one in (printed, repaired):
        assert one.local_time[0] == pytest.approx(4.026532, rel=1e-6)
        assert one.local_energy[0] == pytest.approx(0.040265, rel=1e-4)
        assert one.upload[0, 0] == pytest.approx(7.269771, rel=1e-6)
        assert one.upload_energy[0, 0] == pytest.approx(7.269771e-4, rel=1e-6)
    quantum_time = printed.qpu_time - printed.upload, repaired.qpu_time - repaired.upload
    quantum_energy = printed.qpu_energy - printed.upload_energy, repaired.qpu_energy - repaired.upload_energy
    assert quantum_time[0][0, 0] == pytest.approx(0.011492, rel=1e-4)
    assert quantum_energy[0][0, 0] == pytest.approx(69.159582, rel=1e-6)
    assert quantum_time[1][0, 0] == pytest.approx(1.436492, rel=1e-6)
    assert quantum_energy[1][0, 0] == pytest.approx(0.592156, rel=1e-5)


def test_published_reproduces_the_printed_formulas() -> None:
    """(8): e^Q = s Q_u (P_1 N_1 + ...) with s in MB, watts times data; Q_u 91^k physical qubits; c^Q wherever I = 1."""
    one = one_slot("published")
    megabytes, logical, bracket = 160 * MEBIBYTE / 1e6, 20, 2.061116157e-2
    assert one.qpu_energy[0, 0] - one.upload_energy[0, 0] == pytest.approx(megabytes * logical * bracket, rel=1e-8)
    assert one.admissible[0, 0]  # 20 * 91 = 1820 <= 2000 and 1 - 20 * 813 p_L = .934 >= 2/3
    assert one.forced
    only_choice = min(one.local_cost[0], one.qpu_cost[0, 0])  # no CPU at the server: the QPU, or home with its slot
    assert qmectk.solve(one, "exact", reference=False).objective == pytest.approx(only_choice, rel=1e-12)


def drawn(rule: str, seed: int, **settings: Any) -> MeqcInstance:
    rng = np.random.default_rng(seed)
    users, servers = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    extra = {"weights": {"time": 0.5, "energy": 0.5}, **settings}
    problem = qmectk.load(
        "meqc", preset="calibrated", users=users, servers=servers, qpu_rule=rule, seed=seed, frames=1,
        training_frames=0, hardware={"coherence_time": 10e-3}, **extra,
    )  # fmt: skip
    return problem.instances()[0]  # type: ignore[return-value]


def brute_force(one: MeqcInstance) -> float:
    """Every server of every user, all or nothing at home, every admissible processor."""
    options = []
    for u in range(one.users):
        mine = [(one.local_cost[u], -1)] if one.allow_none else []
        for e in range(one.servers):
            if one.forced and one.admissible[u, e]:
                mine += [(one.local_cost[u], e), (one.qpu_cost[u, e], e)]
                continue
            mine += [(one.local_cost[u], -1), (one.cpu_cost[u, e], -1)]
            if one.admissible[u, e]:
                mine.append((one.qpu_cost[u, e], e))
        best: dict[int, float] = {}
        for cost, slot in mine:
            best[slot] = min(best.get(slot, np.inf), cost)
        options.append(list(best.items()))
    least = np.inf
    for choice in itertools.product(*options):
        used = np.bincount([slot for slot, _ in choice if slot >= 0], minlength=one.servers)
        if (used <= one.slots).all():
            least = min(least, sum(cost for _, cost in choice))
    return float(least)


def mixed_integer(one: MeqcInstance) -> float:
    """The declaration as a MILP, by way of its quadratic reading and scipy's HiGHS."""
    from qmectk.readings.quadratic import read_quadratic

    read = read_quadratic(one)
    assert not read.objective.factors
    constraints = [
        LinearConstraint(c.form.linear, -np.inf if c.relation == "<=" else -c.form.constant, -c.form.constant)
        for c in read.constraints
    ]
    whole = np.concatenate([np.full(v.length, v.kind == "binary") for v, _ in read.variables.values()])
    upper = np.concatenate([np.broadcast_to(v.upper, (v.length,)) for v, _ in read.variables.values()])
    found = milp(
        read.objective.linear.toarray()[0],
        constraints=constraints,
        integrality=whole.astype(int),
        bounds=(0, upper),
        options={"mip_rel_gap": 0.0},
    )
    return float(found.fun + read.objective.constant[0]) if found.status == 0 else np.inf


@pytest.mark.parametrize("rule", ["forced", "optional"])
@pytest.mark.parametrize("batch", range(5))
def test_assignment_is_the_milp_is_brute_force(rule: str, batch: int) -> None:
    infeasible = 0
    for seed in range(20 * batch, 20 * batch + 20):
        settings = [{}, {"qpu_slots": 2}, {"allow_none": True}, {"latency": "parallel"}][seed % 4]
        one = drawn(rule, seed, **settings)
        view = one.assignment().view
        match = match_users(view.pair, view.alone, view.slots)
        milp_optimum = mixed_integer(one)
        if match is None:
            infeasible += 1
            assert milp_optimum == np.inf
            assert one.parallel or brute_force(one) == np.inf
            continue
        measured = one.measure(one.matched(match))
        assert measured.violation <= 1e-9
        assert measured.objective == pytest.approx(milp_optimum, rel=1e-9)
        if not one.parallel:
            assert measured.objective == pytest.approx(brute_force(one), rel=1e-12)
        prices = slot_prices(view.pair, view.alone, view.slots, match)
        assert (prices >= 0).all()
        assert price_bound(view.pair, view.alone, view.slots, prices) == pytest.approx(measured.objective, rel=1e-12)
    assert (infeasible > 0) == (rule == "forced")


@pytest.mark.parametrize("seed", range(20))
def test_shares_in_between_never_pay_off(seed: int) -> None:
    one = drawn("optional", seed)
    rng = np.random.default_rng(seed)
    best = qmectk.solve(one, "assignment", reference=False)
    assert best.values is not None
    for _ in range(50):
        values = dict(best.values)
        for name in ("cpu", "qpu"):
            values[f"{name}_share"] = values[name] * rng.uniform(size=values[name].shape)
        assert one.measure(values).objective >= best.objective - 1e-9


def test_parallel_latency_makes_shares_in_between_optimal() -> None:
    one = one_slot("calibrated", latency="parallel")
    values = qmectk.solve(one, "exact", reference=False).values
    assert values is not None
    share = values["cpu_share"][0] + values["qpu_share"][0]
    local, remote = one.local_time[0], one.qpu_time[0, 0] if values["qpu"][0] else one.cpu_time[0, 0]
    assert share == pytest.approx(local / (local + remote))  # both parts end at the same time


def test_infeasible_is_reported_with_numbers_and_not_raised() -> None:
    one = one_slot("calibrated", users=3, qpu_rule="forced")  # three users capable everywhere, one slot
    for backend in ("exact", "assignment", "highs", "cvxpy", "exhaustive"):
        solution = qmectk.solve(one, backend, reference=False)
        assert solution.values is None
        assert solution.faults == ()
    assert "3 users need a slot" in qmectk.solve(one, "exact", reference=False).message
    assert qmectk.solve(one_slot("calibrated", users=3, qpu_rule="forced", allow_none=True), "exact").feasible
    assert qmectk.solve(one_slot("calibrated", users=3, qpu_rule="forced", qpu_slots=3), "exact").feasible


def test_more_slots_never_cost_more() -> None:
    costs = []
    for slots in (1, 2, 4, 10):
        problem = qmectk.load(
            "meqc", preset="calibrated", qpu_slots=slots, frames=5, training_frames=0, hardware={"coherence_time": 0.01}
        )
        costs.append([qmectk.solve(i, "assignment", reference=False).objective for i in problem.instances()])
    assert (np.diff(np.array(costs), axis=0) <= 1e-9).all()
    assert np.sum(costs[0]) > np.sum(costs[-1])


def shares(**settings: Any) -> tuple[float, float, float, float]:
    """Admissible share, and mode shares (local, CPU, QPU) of the optimum over 100 slots."""
    slots = qmectk.load("meqc", frames=100, training_frames=0, **settings).instances()
    found = []
    for one in slots:
        assert isinstance(one, MeqcInstance)
        view = one.assignment().view
        match = match_users(view.pair, view.alone, view.slots)
        assert match is not None
        point = one.matched(match)
        cpu, qpu = point["cpu_share"].sum() / one.users, point["qpu_share"].sum() / one.users
        found.append([one.admissible.mean(), 1 - cpu - qpu, cpu, qpu])
    admissible, local, cpu, qpu = np.mean(found, axis=0)
    return admissible, local, cpu, qpu


def test_mode_shares_of_the_optimum() -> None:
    admissible, local, cpu, qpu = shares(preset="published")
    assert (admissible, qpu) == (pytest.approx(0.18, abs=0.03), 0.0)  # an optimal planner never uses the QPU
    assert (local, cpu) == (pytest.approx(0.33, abs=0.04), pytest.approx(0.67, abs=0.04))
    admissible, local, cpu, qpu = shares(preset="calibrated")
    assert (admissible, local) == (pytest.approx(0.66, abs=0.04), pytest.approx(0.33, abs=0.04))
    assert 0.08 < qpu < 0.22
    logical = shares(preset="published", qubits_are="logical", hardware={"coherence_time": 0.01})
    assert (logical[0], logical[2]) == (1.0, 0.0)  # more qubits push users back to local computing
    assert logical[1] == pytest.approx(0.88, abs=0.04)


BACKENDS = ("highs", "cvxpy", "exhaustive", "greedy", "cd", "sa", "central-greedy", "local-only", "offload-all",
            "random-offloading", "random-partition", "random-mode", "cpu-discrete", "cpu-continuous",
            "qpu-discrete", "qpu-continuous")  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("settings", [{}, {"latency": "parallel"}, {"preset": "published", "allow_none": True}])
def test_backends_agree_with_exact(backend: str, settings: dict[str, Any]) -> None:
    problem = qmectk.load("meqc", users=4, servers=3, frames=2, training_frames=0, **settings)
    for one in problem.instances():
        optimum = qmectk.solve(one, "exact", reference=False)
        assert optimum.quality is qmectk.Quality.OPTIMAL
        found = qmectk.solve(one, backend, reference=False)
        assert found.faults == ()
        assert found.feasible
        assert optimum.objective is not None
        assert found.objective is not None
        assert found.objective >= optimum.objective * (1 - 1e-9)
        if backend in ("highs", "exhaustive", "sa"):
            assert found.objective == pytest.approx(optimum.objective, rel=1e-6)
        if backend in ("highs", "exhaustive"):
            assert found.quality is qmectk.Quality.OPTIMAL


@pytest.mark.parametrize("sharing", ["bandwidth", "cpu"])
@pytest.mark.parametrize("seed", range(3))
def test_shared_servers_are_a_milp(sharing: str, seed: int) -> None:
    problem = qmectk.load(
        "meqc", users=4, servers=2, sharing=sharing, seed=seed, frames=1, training_frames=0,
        weights={"time": 1.0, "energy": 0.1},
    )  # fmt: skip
    one = problem.instances()[0]
    assert isinstance(one, MeqcInstance)
    best = qmectk.solve(one, "highs", reference=False)
    found = qmectk.solve(one, "exhaustive", reference=False)
    assert found.objective == pytest.approx(best.objective, rel=1e-7)
    alone = qmectk.load(
        "meqc", users=4, servers=2, seed=seed, frames=1, training_frames=0, weights={"time": 1.0, "energy": 0.1}
    )
    assert best.objective >= qmectk.solve(alone, "exact").objective - 1e-9
    with pytest.raises(NoRoute, match=sharing):
        qmectk.solve(one, "assignment")


def test_presets_are_named_and_never_mixed_silently() -> None:
    assert qmectk.load("meqc", preset="published", frames=1).instances()[0].label.startswith("meqc[published, slot")
    mixed = qmectk.load("meqc", preset="published", qpu_rule="optional", frames=1)
    assert "qpu_rule=optional" in mixed.instances()[0].label
    assert mixed.with_frames(3).params == mixed.params.model_copy(update={"frames": 3})
    # changing the preset of a loaded problem changes all that presets decide, and nothing else
    dump = {**qmectk.load("meqc", frames=1, latency="parallel").params.model_dump(), "preset": "published"}
    assert type(mixed.params).model_validate(dump).title == "published, latency=parallel"  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="sharing"):
        qmectk.load("meqc", sharing="cpu", latency="parallel")
    with pytest.raises(InputError, match="did you mean"):
        qmectk.load("meqc", qpu_rul="forced")


def test_a_sample_that_breaks_constraints_is_led_back() -> None:
    from qmectk.errors import Infeasible
    from qmectk_problems.choices import Choices

    # devices 0 and 1 have two candidates each, the cheap ones in the one slot; device 2 has one
    cost, device = np.array([1.0, 5.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1, 2])
    made = Choices(cost, device, np.array([0, -1, 0, -1, -1]), 3, np.array([1]))
    assert made.chosen(np.array([0, 1, 1, 0, 1])).tolist() == [1, 2, 4]  # what is feasible stays
    assert made.chosen(np.zeros(5)).tolist() == [0, 3, 4]
    assert made.chosen(np.ones(5)).tolist() == [0, 3, 4]
    for bits in itertools.product((0, 1), repeat=5):
        picked = made.chosen(np.array(bits))
        assert device[picked].tolist() == [0, 1, 2]
        assert np.count_nonzero(made.slot[picked] == 0) <= 1
    full = Choices(cost[:2], np.array([0, 1]), np.array([0, 0]), 2, np.array([1]))
    with pytest.raises(Infeasible, match="device 1 finds no slot"):
        full.chosen(np.ones(2))


@pytest.mark.parametrize("backend", ["sa", "tabu"])
def test_samplers_always_have_a_point(backend: str) -> None:
    pytest.importorskip("dwave.samplers")
    found = qmectk.solve(qmectk.load("meqc", frames=8), backend, reference=False)
    assert found.feasible
