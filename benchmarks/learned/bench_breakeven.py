"""From which N on is a policy slower than the proof? Scoring its K candidates against the certified optimum, in turn.

    python benchmarks/learned/bench_breakeven.py

Processor time a frame of compiled code alone, one thread, the least of the repeats, as shares of the proof's; what the
network costs comes on top. Beside it the floor: mean ratios of rules that learn nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from bench_starts import least

from qmectk.documents import parse
from qmectk_exact.shared_budget.solve import NODE_LIMIT, UNKNOWN, solve_frames
from qmectk_exact.shared_budget.threshold import threshold_frames
from qmectk_problems.p1.fixed_action import score_actions_many


def row(n: int, frames: int, repeats: int) -> str:
    """One size."""
    problem: Any = parse(f"{{problem: p1, devices: {n}, frames: {frames}}}")
    arrays, rng = problem.arrays(problem.trace), np.random.default_rng(n)
    action, tau = np.empty((frames, n), np.int8), np.empty((frames, n))
    out, pair, nodes = np.empty((frames, 4)), np.empty((frames, 2)), np.empty(frames, np.int64)
    stop = np.zeros(1, np.int8)
    work: dict[str, Callable[[], Any]] = {
        "proof": lambda: solve_frames(*arrays, 1e-9, NODE_LIMIT, stop, UNKNOWN, action, tau, out, nodes),
        "rule": lambda: threshold_frames(*arrays, action, tau, pair),
    }
    for k in (1, 4, n):
        tried = (rng.random((frames, k, n)) < 5 / n).astype(np.int8)
        work[f"K={k}"] = partial(score_actions_many, *arrays, tried)
    best = least(repeats, work)
    share = [best[name] / best["proof"] for name in ("K=1", "K=4", f"K={n}", "rule")]
    order = np.argsort(np.argsort(-problem.trace, axis=1), axis=1)
    strongest = np.stack([order < m for m in range(min(n, 40) + 1)], axis=1).astype(np.int8)
    fixed = (score_actions_many(*arrays, strongest) / out[:, :1]).mean(axis=0)
    offload = (score_actions_many(*arrays, np.ones((frames, 1, n), np.int8)) / out[:, :1]).mean()
    times = " ".join(f"{one:5.2f}" for one in share)
    floor = f"{fixed[0]:9.3f} {offload:12.3f} {fixed.max():12.5f} (m = {int(np.argmax(fixed))})"
    return f"{n:4d} {1e6 * best['proof'] / frames:9.1f} {times} | {floor}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, nargs="*", default=[10, 20, 30, 100, 300])
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    print("   N  proof us   K=1   K=4   K=N  rule | all local  all offload  best fixed m")
    for n in asked.devices:
        print(row(n, asked.frames, asked.repeats), flush=True)


if __name__ == "__main__":
    main()
