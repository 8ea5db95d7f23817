"""A drift problem small enough for many slots, and what it means that two simulations are the same."""

from __future__ import annotations

import numpy as np

SMALL = "{problem: drift, devices: 4, servers: 2, server_cpu: 8 GHz, weights: {throughput: 0, power: 1}, target: 0.9}"


def same(one, other):
    """Equal but for the clock."""
    assert list(one.records) == list(other.records)
    for name in one.records:
        if name != "seconds":
            assert np.array_equal(one.records[name], other.records[name], equal_nan=True), name
