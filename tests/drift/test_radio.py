"""Links: golden values, units, fading."""

from __future__ import annotations

import numpy as np
import pytest

from qmectk_problems.physics import radio


def test_rate_of_the_model_notes():
    # 20 MHz, 0.1 W, gain 1e-7, noise 1e-9 W: SNR 10
    rate = radio.shannon_rate(20e6, 0.1, 1e-7, 1e-9)
    assert rate == pytest.approx(20e6 * np.log2(11.0))
    assert rate * 1e-3 / 8e3 == pytest.approx(8.648579, rel=1e-7)


def test_rate_of_a_small_signal_does_not_vanish():
    assert radio.shannon_rate(1.0, 1.0, 1e-20, 1.0) == pytest.approx(1e-20 / np.log(2.0), rel=1e-12)
    assert radio.shannon_rate(1.0, 1.0, 0.0, 1.0) == 0.0


def test_decibel_and_noise():
    assert radio.dbm_to_watt(0.0) == pytest.approx(1e-3)
    assert radio.dbm_to_watt(30.0) == pytest.approx(1.0)
    assert radio.to_decibel(radio.from_decibel(-37.5)) == pytest.approx(-37.5)
    # -174 dBm/Hz over 1 MHz is -114 dBm
    assert radio.thermal_noise(1e6) == pytest.approx(10 ** (-11.4) * 1e-3)


def test_path_loss():
    assert radio.to_decibel(radio.urban_gain(1000.0)) == pytest.approx(-128.1)
    assert radio.to_decibel(radio.urban_gain(100.0)) == pytest.approx(-90.5)
    # Friis at 2.4 GHz and 1 m: 40.05 dB with c = 3e8 m/s
    assert radio.to_decibel(radio.free_space_gain(1.0, carrier=2.4e9)) == pytest.approx(-40.05, abs=0.01)


def test_fading_has_the_right_mean_and_spread():
    gain = radio.rayleigh_gain(np.random.default_rng(0), 1e-7, 200_000)
    assert np.mean(gain) == pytest.approx(1e-7, rel=0.02)
    assert np.std(gain) == pytest.approx(1e-7, rel=0.02)
    shadow = radio.to_decibel(radio.shadowing(np.random.default_rng(0), 8.0, 100_000))
    assert np.std(shadow) == pytest.approx(8.0, rel=0.02)
