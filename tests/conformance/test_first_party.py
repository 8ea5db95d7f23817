"""Every backend that comes with qmectk keeps every clause of the conformance suite."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from qmectk.plugins import registry
from qmectk.testing import BackendSuite, SuiteConfig

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
    # controllers are trained on whatever family they take
    **{name: SuiteConfig(options={"slots": 20, "copies": 4}) for name in ("dnn", "price-net", "qnn")},
}


def suite_for(name: str) -> type[BackendSuite]:
    """A test class for one backend; without its packages it is skipped, but not in CI."""
    missing = registry().backends[name].missing()
    skip = pytest.mark.skipif(bool(missing) and not os.environ.get("CI"), reason=f"needs {', '.join(missing)}")
    members = {
        "backend": name,
        "config": replace(CONFIGS.get(name, SuiteConfig()), time_limit=LIMIT, time_tolerance=PATIENCE),
        "pytestmark": skip,
    }
    return type(f"Test_{name.replace('-', '_')}", (BackendSuite,), members)


for _name, _origin in sorted(registry().origin.items()):
    if _origin == "qmectk":
        globals()[f"Test_{_name.replace('-', '_')}"] = suite_for(_name)


def test_no_first_party_plugin_is_broken() -> None:
    assert [plugin for plugin in registry().broken if plugin.distribution == "qmectk"] == []
