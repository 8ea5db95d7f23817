"""What drift-plus-penalty promises over time, measured."""

from __future__ import annotations

import numpy as np
import pytest

import qmectk
from qmectk.documents import parse

SLOTS = 2000


def drift(**keys):
    return parse("{problem: drift, weights: {throughput: 0, power: 1}, target: null}", **keys)


@pytest.fixture(scope="module")
def runs():
    return {V: qmectk.simulate(drift(), slots=SLOTS, settings={"V": V}) for V in (1000, 3000, 10000)}


@pytest.fixture(scope="module")
def horizon():
    """The offline optimum over the second half of the same path; it does not depend on V."""
    return drift().process().bound(0, SLOTS // 2, SLOTS)


def test_backlog_over_v_tends_to_the_multiplier(runs, horizon):
    nu = float(horizon.multipliers.mean())
    assert nu == pytest.approx(0.0098, rel=0.03)
    ratio = {V: run.means(0.5)["backlog"] / V for V, run in runs.items()}
    assert ratio[10000] == pytest.approx(nu, rel=0.04)
    assert abs(ratio[10000] / nu - 1) <= abs(ratio[3000] / nu - 1) <= abs(ratio[1000] / nu - 1)


def test_gap_times_v_is_bounded(runs, horizon):
    gaps = {V: (horizon.utility - run.means(0.5)["utility"]) for V, run in runs.items()}
    assert gaps[1000] > gaps[3000] > gaps[10000] > 0
    assert all(20 < gap * V < 120 for V, gap in gaps.items())


def test_no_controller_beats_the_bound_but_by_what_it_leaves(runs, horizon):
    for run in runs.values():
        half = run.done // 2
        means, backlog = run.means(0.5), run.records["backlog"]
        left = 10 * (backlog[-1] - backlog[half - 1]) / (run.done - half)  # tasks a slot not served
        assert means["utility"] <= horizon.utility + float(horizon.multipliers.mean()) * max(left, 0.0) + 1e-6


@pytest.mark.parametrize("backend", ["exact", "capacity-greedy"])
def test_stable_inside_the_capacity_region(backend):
    run = qmectk.simulate(drift(), backend, slots=800, reference=False)
    queue = run.queues()["backlog"]
    assert queue["quarter"] > queue["half"] > queue["end"]
    # without admission control the throughput is what arrives, whatever V is
    assert run.means()["throughput"] == pytest.approx(run.means()["arrived"], rel=0.01)


def test_unstable_outside_and_said_so():
    run = qmectk.simulate(drift(arrivals=9), slots=600, horizon=True)
    assert run.queues()["backlog"]["end"] == pytest.approx(1.5, abs=0.08)  # (90 - 75) / 10 a slot
    assert run.horizon["utility"] is None
    assert run.horizon["sustainable"] == pytest.approx(75 / 90, rel=0.02)
    assert any("load of 90 tasks a slot is outside the capacity region" in text for text in run.warnings)
    assert any("carry at most" in text for text in run.warnings)


def test_admission_makes_overload_stable_and_trades_throughput_for_backlog():
    text = "{problem: drift, weights: {throughput: 1, power: 0}, target: null, admission: true, arrivals: 9}"
    found = {V: qmectk.simulate(parse(text), slots=600, settings={"V": V}).means(0.5) for V in (1, 10, 30, 100)}
    admitted = [found[V]["admitted"] for V in (1, 10, 30)]
    assert admitted[0] < admitted[1] < admitted[2] + 0.5
    assert found[100]["served"] == pytest.approx(75.0, rel=0.01)
    assert found[100]["backlog"] == pytest.approx(96, rel=0.05)
    assert found[30]["backlog"] < found[100]["backlog"] / 2


def test_target_above_the_arrivals_is_reported_and_diverges():
    text = "{problem: drift, weights: {throughput: 0, power: 1}, target: 1.1}"
    run = qmectk.simulate(parse(text), slots=800, horizon=True)
    assert run.queues()["virtual_backlog"]["end"] == pytest.approx(0.5, abs=0.06)  # gamma - lambda
    assert any("virtual queues grow by 0.5 tasks a slot" in text for text in run.warnings)
    calm = qmectk.simulate(parse(text.replace("1.1", "0.9")), slots=800)
    assert calm.queues()["virtual_backlog"]["end"] < 0.05
    assert not calm.warnings


def test_with_a_throughput_weight_the_sweep_is_flat():
    text = "{problem: drift, weights: {throughput: 1, power: 1}}"
    found = [
        qmectk.simulate(parse(text), slots=500, settings={"V": V}).means(0.5)["throughput"] for V in (1, 100, 10000)
    ]
    assert max(found) - min(found) < 0.2


def test_slot_optimality_is_not_long_run_optimality():
    power = {
        backend: qmectk.simulate(drift(), backend, slots=600, reference=False).means(0.5)["power"]
        for backend in ("exact", "capacity-greedy", "best-channel", "random-server")
    }
    assert power["capacity-greedy"] == pytest.approx(power["exact"], rel=0.02)
    assert power["exact"] < power["best-channel"] < power["random-server"]


def test_parallel_copies_obey_the_same_theory():
    rng = np.random.default_rng(1)
    copies = drift().copies(64, rng)
    backlog = []
    for _ in range(400):
        decision, bound = copies.exact()
        outcome = copies.step(decision, rng)
        assert outcome.objective == pytest.approx(bound, rel=1e-9, abs=1e-9)
        backlog.append(outcome.records["backlog"])
    assert np.mean(backlog[200:]) == pytest.approx(10.8, rel=0.03)
