"""The tables of docs/samplers.md: samplers on a small problem, on P1, and two rules for the range of temperatures.

Run: python benchmarks/samplers/bench_samplers.py
"""

from __future__ import annotations

import json
import time
import warnings
from typing import Any

import numpy as np
from dwave.samplers import SimulatedAnnealingSampler

import qmectk
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk.testing.instances import Squares

SMALL: list[tuple[str, dict[str, Any]]] = [
    ("sa", {}),
    ("tabu", {}),
    ("steepest-descent", {}),
    ("tree", {}),
    ("decompose", {"size": 6}),
    ("dwave-qpu", {"solver": "mock"}),
    ("qaoa", {}),
    ("qaoa", {"warm_start": True}),
]
ON_P1 = ("sa", "tabu", "steepest-descent", "decompose")


def small() -> None:
    """Time of the second of two solves, imports done, and the objective."""
    instance = Squares.drawn(4, 12)
    for name, options in SMALL:
        found = [qmectk.solve(instance, name, options=options, reference=False) for _ in range(2)][1]
        shown = f"{1e3 * found.seconds:.0f} ms, {found.objective:.4f}, {found.quality.value}"
        print(f"12 bits  {name:17s} {options!s:22s} {shown}")


def on_p1() -> None:
    """Mean ratio to the proven optimum over 20 frames."""
    for devices in (10, 20):
        for name in ON_P1:
            found = qmectk.solve(qmectk.load("p1", devices=devices, frames=20), name)
            print(f"P1, {devices} devices  {name:17s} {json.loads(found.to_json())['mean_ratio']:.4f}")


def temperatures() -> None:
    """Best energy and seconds of 5 reads with dwave-samplers' range and with ours, in the same run."""
    ours = registry().backend("sa")
    for n, sweeps in ((256, 500), (1024, 500), (1024, 5000)):
        instance = qmectk.documents.parse(f"{{problem: attention, blocks: {{n: {n}}}}}").instances()[0]
        view = find_route(instance, ours, registry()).view
        start = time.perf_counter()
        default = SimulatedAnnealingSampler().sample(view.model, num_reads=5, num_sweeps=sweeps, seed=1)
        taken = time.perf_counter() - start
        start = time.perf_counter()
        backend = ours(ours.Options(reads=5, sweeps=sweeps))
        reply = backend.solve(view, qmectk.Budget(), np.random.default_rng(1))
        print(
            f"{n} bits, {sweeps} sweeps  default {default.first.energy:.3f} in {taken:.2f} s, "
            f"ours {reply.info['energy']:.3f} in {time.perf_counter() - start:.2f} s"
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # the mock says that it is one
    small()
    on_p1()
    temperatures()
