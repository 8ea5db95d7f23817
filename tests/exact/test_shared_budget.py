"""Certified optima of the shared-budget problem: against enumeration, high precision and interval arithmetic."""

from __future__ import annotations

import mpmath as mp
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmectk_exact.shared_budget import bound, solve_shared_budget, solve_shared_budget_many
from qmectk_exact.shared_budget.price import log_snr, net_value_above
from qmectk_exact.shared_budget.records import CROSSING, GROUP, ITEM
from qmectk_problems.p1.fixed_action import complete_action, score_actions
from qmectk_problems.p1.rates import PUBLISHED_GAINS

from .families import (
    FAMILIES,
    arrays,
    correlated,
    extreme,
    general_weights,
    lognormal,
    one_strong,
    rayleigh,
    rayleigh_p1,
)


def every_action(n):
    return ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(np.uint8)


def test_golden_optimum():
    problem = arrays(PUBLISHED_GAINS, np.tile([1.0, 1.5], 5))
    result = solve_shared_budget(*problem)
    assert np.flatnonzero(result.action).tolist() == [0, 1, 6]
    assert result.value == pytest.approx(3.278981608366, rel=1e-12)
    assert result.a == pytest.approx(0.522348896, abs=1e-9)
    assert result.proved
    assert result.value <= result.bound <= result.root_bound
    assert 0.0 <= result.gap <= 1e-9


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_equals_enumeration(family):
    rng = np.random.default_rng(11)
    for trial in range(100):
        n = int(rng.integers(1, 9)) if trial < 90 else 12
        problem = family(rng, n)
        result = solve_shared_budget(*problem)
        best = score_actions(*problem, every_action(n)).max()
        assert result.proved
        assert result.bound >= best * (1.0 - 1e-14)
        assert best * (1.0 - 1e-9) <= result.value <= best * (1.0 + 1e-14)
        value, a, tau = complete_action(*problem, result.action)
        assert result.value == pytest.approx(value, rel=1e-13, abs=1e-300)
        assert result.a == pytest.approx(a, abs=1e-7)
        assert result.a + result.tau.sum() <= 1.0 + 1e-12
        np.testing.assert_allclose(result.tau, tau, atol=1e-7)


def exact_value(passive, scale, snr, x):
    """Optimal value of one action with 30 digits: the concave function of a, maximised by ternary search."""
    local = mp.fsum(mp.mpf(float(v)) for v, on in zip(passive, x, strict=True) if not on)
    off = [(mp.mpf(float(g)), mp.mpf(float(c))) for g, c, on in zip(scale, snr, x, strict=True) if on]

    def given_a(a):
        # all offloaders of a test here have one scale: they share the time as if they were one with the sum of the SNRs
        if not off:
            return local * mp.cbrt(a)
        total = mp.fsum(c for _, c in off)
        return local * mp.cbrt(a) + off[0][0] * (1 - a) * mp.log1p(total * a / (1 - a))

    if not off:
        return local
    low, high = mp.mpf(10) ** -25, 1 - mp.mpf(10) ** -25
    for _ in range(170):
        p, q = low + (high - low) / 3, high - (high - low) / 3
        if given_a(p) < given_a(q):
            low = p
        else:
            high = q
    return given_a(low)


def test_the_certificate_in_high_precision():
    rng = np.random.default_rng(12)
    with mp.workdps(30):
        for _ in range(3):
            problem = arrays(rayleigh(rng, 4), 1.0)
            result = solve_shared_budget(*problem)
            best = max(exact_value(*problem, x) for x in every_action(4))
            assert mp.mpf(result.bound) >= best >= mp.mpf(result.value) * (1 - mp.mpf(10) ** -14)
            assert mp.mpf(result.bound) <= best * (1 + mp.mpf(10) ** -8)


def test_net_value_is_rounded_up():
    with mp.workdps(40):
        for y in [*np.logspace(-14, 2.8, 120), 1.1249, 1.125, 39.99, 40.01]:
            y = float(y)
            # u - ln u = 1 + y
            above = mp.mpf(float(net_value_above(log_snr(y))))
            u = -mp.lambertw(-mp.exp(-1 - mp.mpf(y))).real
            assert u <= above <= u * (1 + mp.mpf(10) ** -15 * (2 + 8 * (1 + y)))


@numba.njit
def price_groups(*given):
    return bound.price_groups(*given)


@numba.njit
def interval_maximum(*given):
    return bound.interval_maximum(*given)


def interval_enclosure(nu, beta, lam, least, most, problem, left, right, pieces):
    """Interval arithmetic: [max of D at points, upper end of D over small intervals of q]."""
    passive, scale, snr = problem
    iv, at_points, above = mp.iv, mp.mpf("-inf"), mp.mpf("-inf")
    u = [-mp.lambertw(-mp.exp(-1 - mp.mpf(nu) / mp.mpf(float(g)))).real for g in scale]
    worth = [mp.mpf(float(c)) * mp.mpf(float(g)) * v for c, g, v in zip(snr, scale, u, strict=True)]

    def larger(a, b):
        return iv.mpf([max(a.a, b.a), max(a.b, b.b)])

    for k in range(pieces):
        ends = [mp.mpf(left) + (mp.mpf(right) - left) * (k + j) / pieces for j in (0, 1)]
        for point in (True, False):
            q = iv.mpf([ends[0], ends[0]] if point else ends)
            z = iv.sqrt(q)
            kappa = beta * z * q - lam * z
            value = nu * (1 - z * q) + larger(least * kappa, most * kappa)
            for low, b in zip(passive, worth, strict=True):
                value += larger(float(low) * z, iv.mpf(b) * z * q - kappa)
            if point:
                at_points = max(at_points, mp.mpf(value.a))
            else:
                above = max(above, mp.mpf(value.b))
    return at_points, above


@pytest.mark.parametrize("counted", [False, True])
def test_the_maximum_over_an_interval_is_enclosed(counted):
    rng = np.random.default_rng(13)
    with mp.workdps(25):
        mp.iv.dps = 25
        for _ in range(4):
            n = 4
            problem = passive, scale, snr = arrays(rayleigh(rng, n) * 2, rng.uniform(0.8, 1.5, n))
            nu = float(rng.uniform(0.3, 1.2) * score_actions(*problem, every_action(n)).max())
            items, groups = np.empty(n, ITEM), np.empty(n, GROUP)
            items["passive"], items["snr"], items["group"] = passive, snr, range(n)
            groups["scale"], groups["active"] = scale, range(n)
            price_groups(nu, n, groups)
            worth = groups["worth"]
            least, most, beta, lam = 0, n, 0.0, 0.0
            if counted:
                i, j = rng.choice(n, 2, replace=False)
                least, most = 1, 2
                beta = float(0.5 * (snr[i] * worth[i] + snr[j] * worth[j]))
                lam = float(0.5 * (passive[i] + passive[j]))
            left, right = sorted(float(v) for v in rng.random(2))
            head = nu, beta, lam, least, most, left, right
            tail = n, items, groups, 0.0, 0.0, np.empty(n + 1, CROSSING)
            top, where, *_ = interval_maximum(*head, np.inf, *tail)
            at_points, above = interval_enclosure(nu, beta, lam, least, most, problem, left, right, 400)
            assert at_points <= top * (1 + 1e-12)
            assert top <= above
            assert left <= where <= right
            # what is dropped is below the target
            target = min(0.3 * float(at_points) + 0.7 * top, top * (1.0 - 1e-6))
            _, _, from_q, to_q = interval_maximum(*head, target, *tail)
            for ends in ((left, from_q), (to_q, right)):
                if ends[0] < ends[1]:
                    dropped, _ = interval_enclosure(nu, beta, lam, least, most, problem, *ends, 60)
                    assert dropped <= target * (1 + 1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-8, -3), st.floats(-1, 1), st.booleans()), min_size=1, max_size=12),
    st.floats(-1.5, 1.5),
)
def test_no_action_beats_the_bound(devices, shift):
    h, weight, x = (np.array(column) for column in zip(*devices, strict=True))
    passive, scale, snr = arrays(10.0**h, 10.0**weight)
    passive = passive * 10.0**shift
    result = solve_shared_budget(passive, scale, snr)
    value = score_actions(passive, scale, snr, np.array([x, result.action.astype(bool)]))
    assert result.proved
    assert value[0] <= result.bound * (1.0 + 1e-14)
    assert value[1] == pytest.approx(result.value, rel=1e-13)


@pytest.mark.parametrize("weights", ["equal", "alternating", "all distinct"])
@pytest.mark.parametrize("h", [1e-6, 5e-6, 1e-5, 1e-4, 1e-3])
def test_near_identical_devices_take_few_nodes(h, weights):
    n = 30
    rng = np.random.default_rng(14)
    for spread in (0.0, 1e-6, 1e-3):
        weight = {
            "equal": np.ones(n),
            "alternating": np.tile([1.0, 1.5], n // 2),
            "all distinct": 1.0 + 1e-3 * rng.random(n),
        }[weights]
        result = solve_shared_budget(*arrays(h * (1.0 + spread * rng.uniform(-1, 1, n)), weight))
        assert result.proved
        assert result.nodes < 100


@pytest.mark.parametrize("n", [300, 3000])
def test_many_devices(n):
    rng = np.random.default_rng(15)
    for family in (rayleigh_p1, general_weights, extreme, lognormal, one_strong):
        problem = family(rng, n)
        result = solve_shared_budget(*problem, time_limit=5.0)
        assert result.proved
        assert complete_action(*problem, result.action)[0] == pytest.approx(result.value, rel=1e-12)
        flipped = np.tile(result.action, (50, 1))
        flipped[np.arange(50), rng.integers(0, n, 50)] ^= 1
        assert (score_actions(*problem, flipped) <= result.bound * (1 + 1e-12)).all()


def test_thread_count_changes_nothing():
    rng = np.random.default_rng(16)
    h = np.array([rayleigh(rng, 10) for _ in range(700)])
    problem = arrays(h, np.tile([1.0, 1.5], 5))
    seen: list[int] = []
    one = solve_shared_budget_many(*problem, threads=1)
    three = solve_shared_budget_many(*problem, threads=3, progress=seen.append)
    for name in ("action", "a", "tau", "value", "bound", "nodes", "root_bound", "proved"):
        np.testing.assert_array_equal(getattr(one, name), getattr(three, name))
    assert one.proved.all()
    assert seen == sorted(seen)
    assert seen[-1] == 700
    single = solve_shared_budget(*(array[5] for array in problem))
    assert (single.value, single.bound, single.nodes) == (one.value[5], one.bound[5], one.nodes[5])
    np.testing.assert_array_equal(single.tau, one.tau[5])


def test_limits_leave_a_valid_bound():
    rng = np.random.default_rng(17)
    problem = correlated(rng, 26)
    passive, scale, snr = problem[0] * 0.7, problem[1], problem[2]
    short = solve_shared_budget(passive, scale, snr, node_limit=3)
    assert short.nodes == 3
    assert not short.proved
    longer = solve_shared_budget(passive, scale, snr, time_limit=0.3)
    assert longer.value <= short.bound
    assert short.value <= longer.bound <= short.bound
    many = solve_shared_budget_many(passive[None], scale[None], snr[None], node_limit=3)
    assert (many.value[0], many.bound[0], many.proved[0]) == (short.value, short.bound, False)


def test_a_gap_below_rounding_is_not_claimed():
    result = solve_shared_budget(*arrays(PUBLISHED_GAINS, 1.0), gap=0.0)
    assert not result.proved
    assert result.bound <= result.value * (1.0 + 1e-12)


def test_an_exception_in_progress_stops_the_batch():
    problem = arrays(np.full((600, 8), 3e-6), 1.0)

    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_shared_budget_many(*problem, threads=2, progress=interrupt)


@pytest.mark.parametrize(
    "problem",
    [
        ([1.0, -1.0], [1.0, 1.0], [1.0, 1.0]),
        ([1.0, 1.0], [1.0, 1.0], [1.0, -1.0]),
        ([1.0, np.nan], [1.0, 1.0], [1.0, 1.0]),
        ([], [], []),
        ([[1.0]], [[1.0]], [[1.0]]),
    ],
)
def test_bad_input(problem):
    with pytest.raises(ValueError, match=r"passive|snr"):
        solve_shared_budget(*problem)
