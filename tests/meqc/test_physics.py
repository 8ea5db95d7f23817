"""Golden values of the hardware model, and the law of motion."""

from __future__ import annotations

import numpy as np
import pytest

from qmectk_problems.physics.mobility import GaussMarkov
from qmectk_problems.physics.quantum_hardware import (
    GATES_A_LEVEL,
    GROWTH,
    WEIGHT,
    QuantumHardware,
    circuit,
    gate_counts,
)

HARDWARE = QuantumHardware()


def test_gate_matrix_has_the_stated_eigenvalues() -> None:
    assert np.allclose(GATES_A_LEVEL @ GROWTH, 64 * GROWTH, rtol=1e-14)
    assert np.allclose(WEIGHT @ GATES_A_LEVEL, 64 * WEIGHT, rtol=1e-14)
    assert np.allclose(np.sort(np.linalg.eigvals(GATES_A_LEVEL).real), [7 / 3, 7 / 3, 7 / 3, 64])
    assert WEIGHT @ GROWTH == 185


@pytest.mark.parametrize(("level", "share"), [(1, 0.04), (2, 0.002)])
def test_projection_is_close_to_the_exact_gate_counts(level: int, share: float) -> None:
    mix = np.array([0.2, 0.3, 0.3, 0.1])
    mix[:3] /= WEIGHT[:3] @ mix[:3]
    exact, short = gate_counts(level, mix), gate_counts(level)
    assert abs(short.two / exact.two - 1) < share
    assert abs(short.one / exact.one - 1) < share


@pytest.mark.parametrize(
    ("level", "qubits", "one", "two", "seconds", "watts"),
    [
        (1, 91, 9.69, 22.1, 3.425e-6, 0.0206),
        (2, 8281, 620, 1417, 2.192e-4, 1.872),
        (3, 753571, 39676, 90688, 1.403e-2, 170.1),
    ],
)
def test_levels(level: int, qubits: float, one: float, two: float, seconds: float, watts: float) -> None:
    n = gate_counts(level)
    assert n.qubits == qubits
    assert n.one == n.measure == pytest.approx(one, rel=1e-3)
    assert n.two == pytest.approx(two, rel=2e-3)
    assert float(HARDWARE.gate_time(level)) == pytest.approx(seconds, rel=5e-4)
    assert float(HARDWARE.power(level)) == pytest.approx(watts, rel=2e-3)


@pytest.mark.parametrize(
    ("milliseconds", "error", "pulse", "one", "two", "logical"),
    [
        (0.3, 1.90e-4, 4.71e-12, 2.03e-7, 8.12e-7, (1.8e-4, 1.6e-4, 1.3e-4)),
        (1, 5.70e-5, 1.57e-11, 6.76e-7, 2.71e-6, (1.62e-5, 1.32e-6, 8.7e-9)),
        (2, 2.85e-5, 3.14e-11, 1.35e-6, 5.41e-6, (4.06e-6, 8.24e-8, 3.4e-11)),
        (10, 5.70e-6, 1.57e-10, 6.76e-6, 2.71e-5, (1.62e-7, 1.3e-10, 8.7e-17)),
    ],
)
def test_noise_and_power(
    milliseconds: float, error: float, pulse: float, one: float, two: float, logical: tuple[float, float, float]
) -> None:
    hardware = QuantumHardware(coherence_time=milliseconds * 1e-3)
    assert hardware.error == pytest.approx(error, rel=5e-3)
    assert hardware.pulse_power == pytest.approx(pulse, rel=2e-3)
    assert hardware.one_power == pytest.approx(one, rel=4e-3)
    assert hardware.two_power == pytest.approx(two, rel=4e-3)
    assert hardware.logical_error(np.array([1, 2, 3])) == pytest.approx(logical, rel=3e-2)


def test_golden_numbers() -> None:
    assert HARDWARE.error == pytest.approx(2.849708e-5, rel=1e-6)
    assert HARDWARE.error * HARDWARE.coherence_time == pytest.approx(5.70e-8, rel=1e-3)
    assert float(HARDWARE.logical_error(1)) == pytest.approx(4.060418e-6, rel=1e-6)
    assert HARDWARE.pulse_power == pytest.approx(3.139041e-11, rel=1e-6)
    assert HARDWARE.cooling == pytest.approx(172384.8868, rel=1e-9)
    assert HARDWARE.qubit_power == pytest.approx(2.250357143e-4, rel=1e-9)
    assert float(HARDWARE.gate_time(1)) == pytest.approx(3.424864865e-6, rel=1e-9)
    assert float(HARDWARE.power(1)) == pytest.approx(2.061116157e-2, rel=1e-7)
    assert HARDWARE.photons(HARDWARE.temperatures) == pytest.approx([0.0595, 2.10, 18.5, 140, 1041], rel=4e-3)
    # the error is below the threshold exactly when 1/gamma > 0.285 ms
    assert QuantumHardware(coherence_time=0.285e-3).error == pytest.approx(HARDWARE.threshold, rel=1e-3)


def test_circuits_and_success() -> None:
    cycles, qubits, depth = circuit(np.arange(3, 10))
    assert cycles.tolist() == [24, 48, 96, 192, 384, 768, 1536]
    assert qubits.tolist() == list(range(20, 27))
    assert (depth[0], depth[-1]) == (813, 6460)  # Xu et al. print 6560
    assert (qubits * depth).tolist() == [16260, 24129, 35706, 52716, 77688, 114325, 167960]
    assert float(HARDWARE.success(24, 77688 / 24, 1)) == pytest.approx(0.684554, abs=1e-6)
    # clipped: far above the threshold the formula is hugely negative
    assert float(QuantumHardware(coherence_time=1e-5).success(26, 6460, 3)) == 0.0


@pytest.mark.parametrize("printed", [False, True])
def test_gauss_markov_variance(printed: bool) -> None:
    law = GaussMarkov(radius=1e9, memory=0.8, mean_speed=(50.0, 50.0), printed=printed)
    rng = np.random.default_rng(0)
    state = law.start(rng, 4000)
    for _ in range(40):
        state = law.step(state, rng)
    # as printed the stationary variance is 1 - delta^2, not 1
    assert np.var(state.speed) == pytest.approx(0.36 if printed else 1.0, rel=0.1)


def test_devices_stay_in_the_disc() -> None:
    law = GaussMarkov()
    rng = np.random.default_rng(1)
    state = law.start(rng, 50)
    for _ in range(500):
        state = law.step(state, rng)
        assert (state.distance <= law.radius).all()
        assert (state.speed >= 0).all()
