"""Every backend that comes with qmectk keeps every clause of the conformance suite."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

import qmectk
from qmectk.plugins import registry
from qmectk.testing import BackendSuite, Case, SuiteConfig

#: Seconds over the time limit that are forgiven here: these tests share their machine with others.
PATIENCE = 3.0

#: Seconds that backends are given on the larger instances. Searches that never end by themselves use all of it.
LIMIT = 0.4

#: Where the defaults do more work than small instances need.
CONFIGS = {
    "qaoa": SuiteConfig(options={"evaluations": 8, "shots": 256}),
    "dwave-qpu": SuiteConfig(options={"solver": "mock", "reads": 20}),
    "leap-hybrid": SuiteConfig(options={"solver": "mock"}, deterministic=False),  # nor is the service
    "fixed-m": SuiteConfig(incumbent=False),  # its one action may be infeasible
    "offload-all": SuiteConfig(incumbent=False),  # so may its
    "random": SuiteConfig(incumbent=False),  # and its one sample
    # policies take a step of training every 50 frames, not every 10
    **{name: SuiteConfig(options={"interval": 50}) for name in ("droo", "qaroo", "ugq")},
    # controllers are trained on whatever family they take
    **{
        name: SuiteConfig(options={"slots": 4, "copies": 4})
        for name in ("dnn", "dqn-ddpg", "dqn-shares", "hybrid-ppo", "hybrid-ppo-vqc", "pair-ppo", "price-net", "qnn")
    },
}


def p1(devices: int, frames: int = 3, training: int = 200) -> Any:
    """A small stream of P1."""
    return qmectk.load("p1", devices=devices, frames=frames, training_frames=training)


#: P1 beside the cases of the suite, which has no shipped problem among them.
P1 = (
    Case("p1 stream", lambda: p1(4)),
    Case("p1 with one device", lambda: p1(1, frames=1), one_bit=True),
    Case("p1 with 24 devices", lambda: p1(24, frames=2, training=5_000), warm=lambda: p1(3, frames=2)),
)


def suite_for(name: str) -> type[BackendSuite]:
    """A test class for one backend; without its packages it is skipped, but not in CI."""
    missing = registry().backends[name].missing()
    skip = pytest.mark.skipif(bool(missing) and not os.environ.get("CI"), reason=f"needs {', '.join(missing)}")
    members = {
        "backend": name,
        "config": replace(CONFIGS.get(name, SuiteConfig()), time_limit=LIMIT, time_tolerance=PATIENCE, cases=P1),
        "pytestmark": skip,
    }
    return type(f"Test_{name.replace('-', '_')}", (BackendSuite,), members)


for _name, _origin in sorted(registry().origin.items()):
    if _origin == "qmectk":
        globals()[f"Test_{_name.replace('-', '_')}"] = suite_for(_name)


def test_no_first_party_plugin_is_broken() -> None:
    assert [plugin for plugin in registry().broken if plugin.distribution == "qmectk"] == []
