"""Ye's problem: the closed form, its readings and the backends that take it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.testing.families.bench import numbers, same
from qmectk_problems.meqc_ye.costs import CPU, LOCAL, QPU
from qmectk_problems.meqc_ye.instance import MeqcYeInstance

from .ye import FORMS, by_hand, load


@pytest.mark.parametrize(
    ("V", "queue", "share", "cost"),
    [(1.0, 0.0, 0.707143, 2.999286), (1.0, 5.0, 0.885714, 3.445714), (0.1, 5.0, 1.0, 4.2)],
)
def test_golden_shares_of_the_published_form(V: float, queue: float, share: float, cost: float) -> None:
    terms = by_hand("published")
    shares, _ = terms.curves(V, queue).minimise()
    assert shares[0, CPU] == pytest.approx(share, abs=1e-6)
    assert terms.curves(1.0, 0.0).value(shares)[0, CPU] == pytest.approx(cost, abs=1e-6)


def test_published_reproduces_the_printed_formulas() -> None:
    """(11) by hand at phi = 1/4: the shares enter twice; the printed queue charges z Delta at exactly 0 only."""
    terms = by_hand("published")
    quarter = np.full((1, 3), 0.25)
    assert terms.curves(1.0, 0.0).value(quarter)[0, CPU] == pytest.approx(0.75**2 * 10 + 0.25**2 * 4 + 0.25 * 0.2)
    assert by_hand("serial").curves(1.0, 0.0).value(quarter)[0, CPU] == pytest.approx(0.75 * 10 + 0.25 * 4 + 0.2)
    assert by_hand("parallel").curves(1.0, 0.0).value(quarter)[0, CPU] == pytest.approx(max(7.5, 1.0 + 0.2))
    problem = load(preset="published", devices=4, backlog=2.0, Delta=0.5)
    one = problem.instances()[0]
    assert isinstance(one, MeqcYeInstance)
    assert one.local_charge.tolist() == [1.0] * 4
    assert np.all(problem.power >= 1e-3 * 10**0.001)  # dBm: 1.002 to 1.047 mW
    assert np.all(problem.power <= 1e-3 * 10**0.02)
    # (6): the transmit power times the computing time, (7): eps_err in front, and power times megabytes
    arrivals = problem.process().reset(np.random.default_rng([0, 0])).arrivals
    costs, hardware = problem.costs(arrivals), problem.hardware
    logical = arrivals.scale + 17
    quantum = arrivals.size / 1e6 * logical * hardware.gate_time(problem.level)
    energy = problem.power * quantum + arrivals.size / 1e6 * logical * hardware.power(problem.level)
    assert costs.energy[:, 1] == pytest.approx(energy)
    assert float(hardware.printed_logical_error(1)) == pytest.approx(2.849708e-5 * (2.849708e-5 / 2e-4) ** 2, rel=1e-5)
    process = problem.process()
    queue, _ = process.step(one.terms, np.full(4, 0.3), np.full(4, CPU), np.full(4, 1e-9))
    assert queue == pytest.approx(np.full(4, 0.3))  # a share of 1e-9 every slot keeps the printed queue where it is


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("V", "queue"), [(1.0, 0.0), (0.1, 1.0), (0.1, 30.0), (10.0, 3.0)])
def test_closed_form_is_never_worse_than_a_grid(form: str, V: float, queue: float) -> None:
    problem = load(cost_form=form, devices=40)
    terms = problem.terms_of(problem.process().path(1, 5))
    curves = terms.curves(V, queue)
    share, value = curves.minimise()
    grid = np.linspace(0.0, 1.0, 4001)
    inside = (grid >= curves.lower[..., None]) & (grid <= curves.upper[..., None])
    wide = np.stack(
        [np.where(inside[..., k], curves.value(np.full(share.shape, s)), np.inf) for k, s in enumerate(grid)]
    )
    least = wide.min(axis=0)
    assert np.all(value <= least + 1e-9 * (1.0 + np.abs(value).clip(max=1e9)))
    # and the shares meet the deadline, in the latency of the form
    one = terms.costs
    local, remote = one.local_time[..., None], one.time
    phi, answer = share[..., 1:], one.answer_time[..., None]
    latency = {
        "published": (1 - phi) ** 2 * local + phi**2 * remote + phi * answer,
        "serial": (1 - phi) * local + phi * remote + answer,
        "parallel": np.maximum((1 - phi) * local, phi * remote + answer),
    }[form]
    there = np.isfinite(value[..., 1:])
    assert np.all(~there | (latency <= one.deadline[..., None] * (1 + 1e-9)))


@pytest.mark.parametrize("form", FORMS)
def test_modes_outside_the_deadline_are_not_offered_and_lost_tasks_are_dropped(form: str) -> None:
    terms = by_hand(form, deadline=5.0)
    low, high, local = terms.limits
    assert not local[0]
    assert low[0, 0] <= high[0, 0]
    lost = by_hand(form, deadline=1.0)
    assert lost.dropped.all()
    mode = np.argmin(lost.curves(1.0, 0.0).minimise()[1], axis=-1)
    assert mode[0] == LOCAL
    assert lost.curves(1.0, 0.0).minimise()[1][0, LOCAL] == pytest.approx(1.0)  # waiting until the deadline


@pytest.mark.parametrize("form", FORMS)
def test_declaration_and_closed_form_agree_with_the_milp(form: str) -> None:
    for seed, slots in ((0, None), (1, 1), (2, 1)):
        problem = load(cost_form=form, devices=3, seed=seed, backlog=1.0 * seed, qpu_slots=slots, V=0.3)
        one = problem.instances()[0]
        exact = qmectk.solve(one, "exact", reference=False)
        assert exact.quality is qmectk.Quality.OPTIMAL
        assert exact.info["via"] == "separable"
        best = qmectk.solve(one, "highs", reference=False)
        assert best.objective == pytest.approx(exact.objective, rel=2e-6, abs=1e-6)
        assert qmectk.solve(one, "exhaustive", reference=False).objective == pytest.approx(exact.objective)


BACKENDS = ("cvxpy", "greedy", "cd", "sa", "central-greedy", "local-only", "offload-all", "random-offloading",
            "random-partition", "random-mode", "cpu-discrete", "cpu-continuous", "qpu-discrete",
            "qpu-continuous")  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("preset", ["published", "calibrated"])
def test_backends_agree_with_exact(backend: str, preset: str) -> None:
    for one in load(preset=preset, devices=5, frames=2, backlog=0.5).instances():
        optimum = qmectk.solve(one, "exact", reference=False).objective
        found = qmectk.solve(one, backend, reference=False)
        assert found.faults == ()
        assert found.feasible
        assert optimum is not None
        assert found.objective is not None
        assert found.objective >= optimum - 1e-9 * (1 + abs(optimum))
        if backend in ("greedy", "cd", "sa"):  # nothing couples the devices
            assert found.objective == pytest.approx(optimum, rel=1e-9)


def test_grid_of_shares_is_a_restriction() -> None:
    one = load(devices=4, cost_form="published", backlog=1.0).instances()[0]
    fine = qmectk.solve(one, "sa", options={"levels": 5}, reference=False)
    exact = qmectk.solve(one, "exact", reference=False)
    assert fine.feasible
    assert exact.objective < fine.objective < exact.objective + 0.1 * abs(exact.objective) + 1.0


def test_pool_of_slots_goes_to_the_largest_gains() -> None:
    one = load(devices=6, qpu_slots=2, cost_form="serial", levels=[1], V=1.0, success=0.0).instances()[0]
    assert isinstance(one, MeqcYeInstance)
    free = one.per_device().view
    limited, _, value = free.best()
    assert (limited == QPU).sum() <= 2
    assert value.sum() == pytest.approx(qmectk.solve(one, "highs", reference=False).objective, rel=1e-6)


def test_a_path_that_is_made_in_pieces_is_the_same_path(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load(frames=6, training_frames=4).stream(2, 10)
    pieces = load(frames=6, training_frames=4)
    step = type(pieces.law).step
    monkeypatch.setattr(type(pieces.law), "step", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # wherever a time limit ends it
        pieces.stream(2, 3)
    steps: list[Any] = []

    def counted(*given: Any) -> Any:
        steps.append(given)
        return step(*given)

    monkeypatch.setattr(type(pieces.law), "step", counted)
    found = [one for piece in ((2, 3), (3, 5), (5, 10)) for one in pieces.stream(*piece)]
    assert len(steps) == 9  # none is made twice
    for one, other in zip(found, whole, strict=True):
        assert same(numbers(one), numbers(other))
    assert same(numbers(pieces.stream(4, 5)[0]), numbers(whole[2]))
