"""What one frame costs a policy that was taken away: processor microseconds of ``policy.act(h)``, one thread.

    python benchmarks/learned/bench_act.py [--devices 30] [--repeats 300]

K = 1. Beside it the same network through torch, and the proof of the frame. Goal: 15 us for a perceptron of 30 devices.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable

import numpy as np
import torch

import qmectk
from qmectk_exact.shared_budget import solve_shared_budget_many

#: Calls in one measurement.
CALLS = 50


def microseconds(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Processor microseconds of a call, measured in turn so that all meet the same machine."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(CALLS):
                call()
            found[name].append(1e6 * (time.process_time() - start) / CALLS)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=300)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    problem = qmectk.load("p1", devices=arguments.devices, training_frames=200, frames=1)
    view = problem.frame(0).binary().view  # type: ignore[attr-defined]
    h = view.observed().copy()
    with tempfile.TemporaryDirectory() as folder:
        qmectk.train(problem, "droo", out=folder)
        policy = qmectk.load_policy(folder)
    priced = qmectk.train(problem, "priced")
    network = policy.policy.network
    one = view.instance
    arrays = [np.ascontiguousarray(a[None]) for a in (one.passive, one.scale, one.snr)]

    def by_torch() -> object:
        with torch.inference_mode():
            return network(torch.from_numpy((h * 1e6).astype(np.float32))[None, None]) > 0.0

    calls: dict[str, Callable[[], object]] = {
        "perceptron, policy.act(h)": lambda: policy.act(h),
        "the same network in torch, no checks": by_torch,
        "two numbers (priced), policy.act(h)": lambda: priced.act(h),
        "the proven optimum, compiled core": lambda: solve_shared_budget_many(*arrays, threads=1),
    }
    for name, times in microseconds(calls, arguments.repeats).items():
        print(f"N={arguments.devices} {name}: {min(times):.1f} us (median {statistics.median(times):.1f})", flush=True)


if __name__ == "__main__":
    main()
