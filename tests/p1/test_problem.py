"""P1 from its file to its instances: golden values, channel statistics, weights, and the grid restriction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qmectk
from qmectk import Fidelity, Quality
from qmectk.documents import parse
from qmectk.errors import InputError, NoRoute
from qmectk.routing.planner import find_route
from qmectk_problems.p1.frame import best_alone
from qmectk_problems.p1.rates import PUBLISHED_GAINS
from qmectk_problems.p1.restriction import GridP1
from qmectk_problems.p1.worlds import mean_gains
from qmectk_problems.physics.fading import correlation

#: Offloaders, value [bit/s] and share a of two actions on the published frame; the second one is the optimum.
GOLDEN = [({0, 4}, 1596513.094824, 0.696568790), ({0, 1, 6}, 3278981.608366, 0.522348896)]

DATA = Path(__file__).parents[3] / "shared" / "data" / "droo" / "data_8.mat"


def problem(text: str = "", *, devices: int = 10, frames: int = 1, training: int = 0) -> Any:
    return parse(f"problem: p1\ndevices: {devices}\nframes: {frames}\ntraining_frames: {training}\n{text}")


def action(ones: set[int], n: int = 10) -> Any:
    return np.isin(np.arange(n), list(ones)).astype(np.int8)


# ---- golden values --------------------------------------------------------------------------------


@pytest.mark.parametrize(("ones", "rate", "share"), GOLDEN)
def test_golden_values_of_an_action(ones: set[int], rate: float, share: float) -> None:
    instance = problem().instance(PUBLISHED_GAINS)
    point = instance.complete(action(ones))
    measured = instance.measure(point)
    assert measured.violation < 1e-12
    assert measured.objective * 1e6 == pytest.approx(rate, rel=1e-11)
    assert point["a"] == pytest.approx(share, abs=2e-9)
    assert instance.binary().view.score(action(ones)[None, :])[0] == pytest.approx(measured.objective, rel=1e-12)


@pytest.mark.parametrize("backend", ["exhaustive", "highs", "exact"])
def test_the_golden_optimum_is_proved(backend: str) -> None:
    found = qmectk.solve(problem().instance(PUBLISHED_GAINS), backend)
    assert found.quality is Quality.OPTIMAL
    assert found.objective is not None
    assert found.objective * 1e6 == pytest.approx(GOLDEN[1][1], rel=2e-6)
    assert found.values is not None
    assert set(np.flatnonzero(found.values["x"])) == GOLDEN[1][0]


@pytest.mark.skipif(not DATA.exists(), reason="DROO's data set is not here")
def test_droo_s_published_optima_are_reproduced() -> None:
    from scipy.io import loadmat

    data = loadmat(DATA)
    n = data["input_h"].shape[1]
    made = problem(f"channel: {{path: '{DATA}'}}\n", devices=n, frames=500)
    found = qmectk.solve(made, "exhaustive")
    objectives = np.array([s.objective for s in found.solutions]) * 1e6  # type: ignore[attr-defined]
    np.testing.assert_allclose(objectives, data["output_obj"].ravel()[:500], rtol=2e-6)


def test_the_constants_are_the_papers() -> None:
    """eta1, the offloading rate and the signal-to-noise ratio written out once more, in SI units."""
    made = problem("weights: [2, 1]\n", devices=2)
    h = np.array([2e-6, 3e-6])
    mu, power, phi, k, bandwidth, overhead, noise = 0.7, 3.0, 100.0, 1e-26, 2e6, 1.1, 1e-10
    passive, scale, snr = made.arrays(h)
    np.testing.assert_allclose(passive * 1e6, np.array([2, 1]) * (mu * power) ** (1 / 3) / phi * (h / k) ** (1 / 3))
    np.testing.assert_allclose(scale * 1e6, np.array([2, 1]) * bandwidth / (overhead * np.log(2)))
    np.testing.assert_allclose(snr, mu * power * h**2 / noise)


def test_units_and_lists_in_the_file() -> None:
    text = "constants: {bandwidth: 1 MHz, noise: 0.1 nW, power: 2000 mW, energy_coefficient: [1e-26, 8e-26]}\n"
    passive, scale, snr = problem(text, devices=2).arrays(np.full(2, 1e-6))
    reference = problem(devices=2).arrays(np.full(2, 1e-6))
    np.testing.assert_allclose(scale, reference[1] / 2)
    np.testing.assert_allclose(snr, reference[2] * 2 / 3)
    np.testing.assert_allclose(passive / reference[0], (2 / 3) ** (1 / 3) * np.array([1, 0.5]))


def test_weights_alternate_or_are_given() -> None:
    assert problem(devices=5).weights.tolist() == [1, 1.5, 1, 1.5, 1]
    assert problem("weights: [3, 1, 2]\n", devices=3).weights.tolist() == [3, 1, 2]


# ---- channels -------------------------------------------------------------------------------------


def test_mean_gains_are_free_space_path_loss() -> None:
    made = problem("channel: {distance: [2.5, 5.2]}\n", devices=2)
    mean = mean_gains(made.params.channel, 2, seed=0)
    np.testing.assert_allclose(mean, 4.11 * (3e8 / (4 * np.pi * 915e6 * np.array([2.5, 5.2]))) ** 2.8)


def test_distances_are_drawn_once_within_the_range() -> None:
    mean = mean_gains(problem(devices=2000).params.channel, 2000, seed=0)
    near, far = 4.11 * (3e8 / (4 * np.pi * 915e6 * np.array([2.5, 5.2]))) ** 2.8
    assert far <= mean.min() < far * 1.01
    assert near * 0.99 < mean.max() <= near


def test_rayleigh_power_gains_are_exponential() -> None:
    """Mean and deviation equal, no correlation in time or between devices, the right quantiles."""
    trace = problem("channel: {distance: [3, 3, 3]}\n", devices=3, frames=40_000).trace
    mean = 4.11 * (3e8 / (4 * np.pi * 915e6 * 3)) ** 2.8
    scaled = trace / mean
    np.testing.assert_allclose(scaled.mean(axis=0), 1, atol=0.02)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=0.03)
    np.testing.assert_allclose(np.quantile(scaled, [0.1, 0.5, 0.9]), -np.log([0.9, 0.5, 0.1]), rtol=0.03)
    assert abs(np.corrcoef(scaled[1:, 0], scaled[:-1, 0])[0, 1]) < 0.02
    assert abs(np.corrcoef(scaled[:, 0], scaled[:, 1])[0, 1]) < 0.02


@pytest.mark.parametrize(("doppler", "expected"), [(5.0, 0.9755), (10.0, 0.9037), (30.0, 0.2906)])
def test_correlated_gains_remember_as_jakes_says(doppler: float, expected: float) -> None:
    """rho = J0(2 pi f_D T); gains of neighbouring frames correlate by rho^2 and stay exponential."""
    text = f"channel: {{model: correlated, doppler: {doppler} Hz, frame: 10 ms, distance: [3, 3]}}\n"
    made = problem(text, devices=2, frames=60_000)
    rho = correlation(doppler, 0.01)
    assert rho == pytest.approx(expected, abs=1e-3)
    scaled = made.trace / (4.11 * (3e8 / (4 * np.pi * 915e6 * 3)) ** 2.8)
    assert scaled.mean() == pytest.approx(1, abs=0.08)
    assert scaled.std() == pytest.approx(1, abs=0.08)
    for lag in (1, 2):
        found = np.corrcoef(scaled[lag:, 0], scaled[:-lag, 0])[0, 1]
        assert found == pytest.approx(rho ** (2 * lag), abs=0.05)


def test_without_doppler_the_channel_is_frozen() -> None:
    trace = problem("channel: {model: correlated, doppler: 0}\n", devices=3, frames=20).trace
    np.testing.assert_allclose(trace, np.repeat(trace[:1], 20, axis=0), rtol=1e-12)


@pytest.mark.parametrize("channel", ["", "channel: {model: correlated, doppler: 20}\n"])
def test_more_frames_begin_with_the_same_frames(channel: str) -> None:
    long = problem(channel, devices=3, frames=50).trace
    short = problem(channel, devices=3, frames=7).trace
    np.testing.assert_array_equal(long[:7], short)
    np.testing.assert_array_equal(problem(channel, devices=3, frames=50).with_frames(3).trace, long[:3])


def test_seeds_draw_different_channels_and_one_seed_the_same() -> None:
    one = problem("seed: 1\n", frames=5).trace
    np.testing.assert_array_equal(one, problem("seed: 1\n", frames=5).trace)
    assert not np.allclose(one, problem("seed: 2\n", frames=5).trace)


def test_training_frames_come_before_the_judged_ones() -> None:
    made = problem(frames=3, training=4)
    assert [instance.frame for instance in made.training_instances()] == [0, 1, 2, 3]
    assert [instance.frame for instance in made.instances()] == [4, 5, 6]
    np.testing.assert_array_equal(made.instances()[0].snr, made.arrays(made.trace[4])[2])
    assert made.instances()[0].label == "p1[frame 4]"


def test_the_fingerprint_is_that_of_the_training_stream() -> None:
    made = problem(training=5)
    assert made.fingerprint() == problem(training=5, frames=9).fingerprint()
    others = [problem(training=6), problem("seed: 1\n", training=5), problem("constants: {power: 2}\n", training=5)]
    assert len({made.fingerprint(), *(other.fingerprint() for other in others)}) == 4


def test_features_and_context_are_the_past_gains() -> None:
    made = problem(devices=2, frames=6)
    view = made.instances()[3].binary().view
    np.testing.assert_allclose(view.features(), made.trace[3] * 1e6)
    np.testing.assert_allclose(view.context(3), made.trace[1:4] * 1e6)
    early = made.instances()[1].binary().view
    np.testing.assert_allclose(early.context(4), made.trace[[0, 0, 0, 1]] * 1e6)  # the first frame is repeated


def test_a_view_scores_many_frames_at_once() -> None:
    views = [instance.binary().view for instance in problem(devices=4, frames=5).instances()]
    actions = np.random.default_rng(0).integers(0, 2, (5, 6, 4)).astype(np.int8)
    together = type(views[0]).score_many(views, actions)
    assert together.shape == (5, 6)
    np.testing.assert_allclose(together, [view.score(a) for view, a in zip(views, actions, strict=True)], rtol=1e-12)


def test_a_frame_declared_and_a_batch_of_frames_have_the_same_bounds() -> None:
    """`alone` bounds what a device can offload by itself; P2 attains it."""
    instance = problem(devices=6).instances()[0]
    view = instance.binary().view
    for i in range(6):
        only = instance.complete(action({i}, 6))
        assert only["offload"][i] <= instance.alone[i]
    no_local = type(instance)(np.zeros(6), instance.scale, instance.snr, instance.trace)
    np.testing.assert_allclose(no_local.binary().view.score(np.eye(6, dtype=np.int8)), instance.alone, rtol=2e-6)
    assert view.n == 6


@pytest.mark.parametrize("c", [0.0, *(10.0 ** np.arange(-20.0, 301.0, 6.4))])
def test_alone_a_device_is_best_where_lambert_says(c: float) -> None:
    with mpmath.workdps(50):
        exact = 1 + mpmath.lambertw((mpmath.mpf(float(c)) - 1) / mpmath.e).real
    assert best_alone(np.array([c]))[0] == pytest.approx(float(exact), rel=1e-13, abs=1e-60)


# ---- the grid restriction -------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    grid=st.integers(2, 8),
    shares=st.sampled_from([(1,), (1, 2), (2,)]),
    levels=st.integers(1, 3),
)
def test_feasible_grid_points_are_feasible_for_p1_with_the_same_objective(
    seed: int, grid: int, shares: tuple[int, ...], levels: int
) -> None:
    rng = np.random.default_rng(seed)
    n = 3
    instance = problem(devices=n).instance(rng.uniform(1e-7, 1e-5, n))
    shares = tuple(s for s in shares if s < grid) or (1,)
    chosen = tuple(sorted(rng.choice(np.arange(1, grid + 1), min(levels, grid), replace=False).tolist()))
    declared = GridP1(instance, grid, chosen, shares)
    for _ in range(60):
        z = rng.integers(0, 2, (n, len(shares))) * (rng.random((n, 1)) < 0.5)
        level = int(rng.integers(len(chosen)))
        values: dict[str, Any] = {"z": z.ravel().astype(float)}
        if len(chosen) > 1:
            values["y"] = (np.arange(len(chosen)) == level).astype(float)
        on_grid = qmectk.Instance.measure(declared, values)  # type: ignore[arg-type]
        if on_grid.violation > 0:
            continue
        x = declared.action(values)
        a, tau = chosen[level if len(chosen) > 1 else 0] / grid, (z * np.array(shares)).sum(axis=1) / grid
        on_p1 = instance.measure(instance.point(x, a, tau))
        assert on_p1.violation < 1e-9
        assert on_p1.objective == pytest.approx(on_grid.objective, rel=1e-9, abs=1e-12)
        completed = instance.measure(instance.complete(x))
        assert completed.objective >= on_p1.objective - 1e-9  # completing on P1 can only improve it


def test_the_grid_is_a_restriction_and_says_what_it_chose() -> None:
    route = find_route(
        problem(devices=3).instances()[0],
        qmectk.plugins.registry().backend("sa"),
        qmectk.plugins.registry(),
        {"grid": 4, "levels": "2", "shares": "1,2"},
    )
    own = route.steps[0].lowered
    assert own.fidelity is Fidelity.POINTS
    assert own.note == "a in {2}/4, shares {1, 2}/4"
    assert own.view.width == 6


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"grid": 1}, "option 'grid' must be between 2 and 1024, not 1"),
        ({"grid": 2000}, "option 'grid' must be between 2 and 1024"),
        ({"grid": 8, "shares": "1,x"}, "option 'shares' takes whole numbers such as '1,2,4', not '1,x'"),
        ({"grid": 8, "shares": "0"}, "option 'shares' takes different whole numbers from 1 to 7"),
        ({"grid": 8, "shares": "1,1"}, "option 'shares' takes different whole numbers"),
        ({"grid": 8, "levels": "9"}, "option 'levels' takes different whole numbers from 1 to 8"),
        ({"shares": "1"}, "options 'levels' and 'shares' need 'grid'"),
    ],
)
def test_grid_options_are_checked(options: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        qmectk.explain(problem(devices=3), "sa", options)


def test_too_many_devices_for_a_quantum_computer_are_refused_with_the_number_of_bits() -> None:
    with pytest.raises(NoRoute, match=r"16 qubits.*\b42\b|\b42\b.*16 qubits"):
        qmectk.solve(problem(devices=40), "qaoa")
    with pytest.raises(NoRoute, match=r"P1 with 200 devices needs \d+ bits on this grid and the backend takes at most"):
        qmectk.explain(problem(devices=200), "qaoa")
