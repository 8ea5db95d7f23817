"""P2 with the action fixed: golden values, a conic solver, high precision, and the corners."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk_problems.p1.fixed_action import complete_action, score_actions, score_actions_many
from qmectk_problems.p1.params import Constants
from qmectk_problems.p1.price_root import bisect_price, solve_price
from qmectk_problems.p1.rates import PUBLISHED_GAINS, rates


def arrays(h, weight):
    """P1's (passive, scale, snr) in Mbit/s."""
    return rates(h, weight, Constants())


def action(n, ones):
    x = np.zeros(n, dtype=bool)
    x[list(ones)] = True
    return x


def in_high_precision(passive, scale, snr, x):
    """Value of an action by bisection on ln nu with 40 digits, device by device."""
    with mp.workdps(90):  # t + exp(-t) - 1 cancels at t = 1e-20
        local = mp.fsum(mp.mpf(float(v)) for v, on in zip(passive, x, strict=True) if not on)
        off = [(mp.mpf(float(g)), mp.mpf(float(c))) for g, c, on in zip(scale, snr, x, strict=True) if on and c > 0]
        if not off:
            return local

        def log_snr(y):
            t = mp.sqrt(2 * y) + y
            for _ in range(300):
                step = (t + mp.exp(-t) - 1 - y) / (1 - mp.exp(-t))
                t -= step
                if abs(step) < mp.mpf(10) ** -35 * t:
                    break
            return t

        def parts(log_nu):
            nu = mp.exp(log_nu)
            t = [log_snr(nu / g) for g, _ in off]
            ratio = 1 + mp.fsum(c / mp.expm1(s) for s, (_, c) in zip(t, off, strict=True))
            worth = mp.fsum(g * c * mp.exp(-s) for s, (g, c) in zip(t, off, strict=True))
            return worth + local / 3 * ratio ** (mp.mpf(2) / 3) - nu, t, ratio

        low, high = mp.mpf(-80), mp.mpf(80)
        for _ in range(130):
            middle = (low + high) / 2
            if parts(middle)[0] > 0:
                low = middle
            else:
                high = middle
        _, t, ratio = parts(low)
        rate = mp.fsum(g * s * c / mp.expm1(s) for s, (g, c) in zip(t, off, strict=True))
        return local * ratio ** -(mp.mpf(1) / 3) + rate / ratio


@pytest.mark.parametrize(
    ("ones", "value", "a"), [((0, 4), 1.596513094824, 0.696568790), ((0, 1, 6), 3.278981608366, 0.522348896)]
)
def test_golden_values(ones, value, a):
    problem = arrays(PUBLISHED_GAINS, np.tile([1.0, 1.5], 5))
    x = action(10, ones)
    assert score_actions(*problem, x[None])[0] == pytest.approx(value, rel=1e-12)
    completed, share, tau = complete_action(*problem, x)
    assert completed == pytest.approx(value, rel=1e-12)
    assert share == pytest.approx(a, abs=1e-9)
    assert share + tau.sum() == pytest.approx(1.0, abs=1e-14)
    passive, scale, snr = problem
    direct = passive[~x].sum() * share ** (1 / 3) + (scale[x] * tau[x] * np.log1p(snr[x] * share / tau[x])).sum()
    assert completed == pytest.approx(direct, rel=1e-13)


def test_equals_the_exponential_cone_program():
    cp = pytest.importorskip("cvxpy")
    rng = np.random.default_rng(1)
    for _ in range(4):
        n = int(rng.integers(2, 8))
        passive, scale, snr = arrays(1e-6 * rng.exponential(5.0, n), rng.choice([1.0, 1.5], n))
        x = rng.random(n) < 0.6
        a = cp.Variable(nonneg=True)
        tau = cp.Variable(n, nonneg=True)
        rate = float(passive[~x].sum()) * cp.power(a, 1 / 3)
        for i in np.flatnonzero(x):
            rate += scale[i] * -cp.rel_entr(tau[i], tau[i] + snr[i] * a)
        problem = cp.Problem(cp.Maximize(rate), [a + cp.sum(tau) <= 1])
        problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
        assert score_actions(passive, scale, snr, x[None])[0] == pytest.approx(problem.value, rel=1e-7)


def test_full_accuracy_at_extreme_channels_and_weights():
    rng = np.random.default_rng(2)
    for trial in range(40):
        n = int(rng.integers(1, 6))
        h = 10.0 ** rng.uniform(-12, 0, n) if trial % 2 else 10.0 ** rng.uniform(-7, -4, n)
        passive, scale, snr = arrays(h, 10.0 ** rng.uniform(-3, 3, n))
        if trial % 5 == 0:
            snr[rng.random(n) < 0.3] = 0.0
        x = rng.random(n) < 0.6
        exact = float(in_high_precision(passive, scale, snr, x))
        assert score_actions(passive, scale, snr, x[None])[0] == pytest.approx(exact, rel=1e-13)
        assert complete_action(passive, scale, snr, x)[0] == pytest.approx(exact, rel=1e-13)


def test_corners():
    passive, scale, snr = arrays(PUBLISHED_GAINS, 1.0)
    value, a, tau = complete_action(passive, scale, snr, np.zeros(10, dtype=np.int8))
    assert (value, a, tau.sum()) == (pytest.approx(passive.sum(), rel=1e-15), 1.0, 0.0)

    value, a, tau = complete_action(passive, scale, snr, np.ones(10, dtype=np.int8))  # all offload
    assert a + tau.sum() == pytest.approx(1.0, abs=1e-14)
    assert value == pytest.approx(scale[0] * tau.sum() * np.log1p(snr.sum() * a / tau.sum()), rel=1e-13)

    # an offloader with SNR 0 contributes nothing and takes no time; nor does one with scale 0
    snr[3] = 0.0
    scale = scale.copy()
    scale[4] = 0.0
    value, a, tau = complete_action(passive, scale, snr, action(10, [3, 4]))
    assert (a, tau.sum()) == (1.0, 0.0)
    assert value == pytest.approx(passive.sum() - passive[3] - passive[4], rel=1e-15)
    assert complete_action(passive * 0, scale, snr, action(10, [3]))[0] == 0.0

    # one device; an SNR so small that a -> 1 and the rate is its linear part scale * snr * a
    value, a, tau = complete_action([1.0], [2.0], [1e-14], [1])
    assert a == pytest.approx(1.0, abs=1e-6)
    assert value == pytest.approx(2e-14, rel=1e-6)
    assert 0.0 < tau[0] < 1e-6


def test_inputs_of_any_kind_and_many_instances_agree():
    rng = np.random.default_rng(3)
    h = 1e-6 * rng.exponential(5.0, (6, 12))
    passive, scale, snr = arrays(h, np.tile([1.0, 1.5], 6))
    scale = np.ascontiguousarray(np.broadcast_to(scale, h.shape))
    x = rng.random((6, 9, 12)) < 0.4
    many = score_actions_many(passive, scale, snr, x)
    for dtype in (bool, np.int8, np.uint8, np.int64):
        one = np.array([score_actions(passive[f], scale[f], snr[f], x[f].astype(dtype)) for f in range(6)])
        np.testing.assert_array_equal(one, many)
    single = [[complete_action(passive[f], scale[f], snr[f], x[f, k])[0] for k in range(9)] for f in range(6)]
    np.testing.assert_allclose(many, single, rtol=1e-14)


def test_more_distinct_scales_than_groups():
    rng = np.random.default_rng(4)
    n = 200
    passive, scale, snr = arrays(1e-6 * rng.exponential(5.0, n), rng.uniform(1.0, 2.0, n))
    x = rng.random((3, n)) < 0.1
    values = score_actions(passive, scale, snr, x)
    np.testing.assert_allclose(values, [complete_action(passive, scale, snr, row)[0] for row in x], rtol=1e-14)


def test_the_safe_bisection_gives_the_same_root():
    scale, snr = np.array([1.0, 3.0, 1e3]), np.array([1e-6, 2.0, 1e4])
    t, other = np.empty(3), np.empty(3)
    solve_price(3, scale, snr, 0.7, t, np.empty(3), np.empty(3))
    bisect_price(3, scale, snr, 0.7, other)
    np.testing.assert_allclose(t, other, rtol=1e-11)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-9, -3), st.floats(-2, 2), st.booleans(), st.floats(0.01, 1.0)), min_size=1, max_size=8
    ),
    st.floats(0.01, 0.99),
)
def test_no_feasible_point_is_better(devices, a):
    h, weight, x, shares = (np.array(column) for column in zip(*devices, strict=True))
    passive, scale, snr = arrays(10.0**h, 10.0**weight)
    tau = np.where(x, shares, 0.0)
    tau = tau / max(tau.sum(), 1e-300) * (1.0 - a)
    on = x & (tau > 0)
    rate = passive[~x].sum() * a ** (1 / 3) + (scale[on] * tau[on] * np.log1p(snr[on] * a / tau[on])).sum()
    assert score_actions(passive, scale, snr, x[None])[0] >= rate * (1.0 - 1e-12)
