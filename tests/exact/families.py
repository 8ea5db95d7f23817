"""Shared-budget problems of every kind that has once been hard, as (passive, scale, snr)."""

from __future__ import annotations

import numpy as np

from qmectk_problems.p1.params import Constants
from qmectk_problems.p1.rates import rates


def arrays(h, weight):
    """P1's (passive, scale, snr) in Mbit/s."""
    return rates(h, weight, Constants())


def rayleigh(rng, n):
    mean = 4.11 * (3e8 / (4 * np.pi * 915e6 * rng.uniform(2.5, 5.2, n))) ** 2.8
    return mean * rng.exponential(1.0, n)


def rayleigh_p1(rng, n):
    return arrays(rayleigh(rng, n), np.tile([1.0, 1.5], n)[:n])


def general_weights(rng, n):
    passive, scale, snr = arrays(rayleigh(rng, n), rng.uniform(0.5, 2.0, n))
    return passive * min(1.0, 30 / n), scale, snr


def extreme(rng, n):
    return arrays(10.0 ** rng.uniform(-12, 0, n), 10.0 ** rng.uniform(-3, 3, n))


def general_k(rng, n):
    passive, scale, snr = arrays(rayleigh(rng, n), 1.0)
    return passive * 10.0 ** rng.uniform(-0.5, 0.5, n), scale, snr


def lognormal(rng, n):
    return rng.lognormal(-2, 1, n), rng.lognormal(1, 0.5, n), rng.lognormal(-2, 2, n)


def correlated(rng, n):
    """Every item crosses at nearly the same point, with different sizes: a subset sum."""
    snr = rng.uniform(0.1, 1.0, n) * 5 / n
    return snr * (1.0 + 1e-3 * rng.random(n)), np.full(n, 2.6), snr


def near_identical(rng, n):
    h = 10.0 ** rng.uniform(-6, -3) * (1.0 + 10.0 ** rng.uniform(-8, -2) * rng.random(n))
    weight = rng.choice([1.0, 1.5], n) if rng.random() < 0.5 else 1.0 + 1e-3 * rng.random(n)
    passive, scale, snr = arrays(h, weight)
    return passive * 10.0 ** rng.uniform(-1, 1), scale, snr


def ties(rng, n):
    passive, scale, snr = arrays(rng.choice(rng.uniform(1e-6, 1e-5, 3), n), rng.choice([1.0, 1.5], n))
    return passive * 10.0 ** rng.uniform(-0.5, 1), scale, snr


def zeros(rng, n):
    passive, scale, snr = lognormal(rng, n)
    return passive * rng.integers(0, 2, n), scale * rng.integers(0, 2, n), snr * rng.integers(0, 2, n)


def one_strong(rng, n):
    return arrays(np.r_[10.0 ** rng.uniform(-5, -2), 10.0 ** rng.uniform(-8, -6, n - 1)], rng.choice([1.0, 1.5], n))


FAMILIES = [
    rayleigh_p1,
    general_weights,
    extreme,
    general_k,
    lognormal,
    correlated,
    near_identical,
    ties,
    zeros,
    one_strong,
]
