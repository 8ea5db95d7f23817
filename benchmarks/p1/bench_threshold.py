"""The rule without learning against the certified optimum: ratios, and times taken in turn in one process.

    python benchmarks/p1/bench_threshold.py [--frames 500] [--rounds 7]

One thread, compiled cores only, compilation excluded. "default" are the papers' weights and k; "general" draws both for
every device: weights from 0.5 to 2, L_i times 0.7 to 1.4 (k_i by a factor of 2.9 up and down). Goals: mean ratio at
least 0.99999, and at most 0.8 of the time of the proof.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from baselines import rayleigh

from qmectk_exact.shared_budget.solve import NODE_LIMIT, UNKNOWN, solve_frames
from qmectk_exact.shared_budget.threshold import threshold_frames


def arrays_of(devices: int, frames: int, general: bool, rng: np.random.Generator) -> list[np.ndarray]:
    """Passive, scale and gain, each (frames, devices)."""
    stacked = [np.stack(parts) for parts in zip(*(c.arrays() for c in rayleigh(rng, devices, frames)), strict=True)]
    if general:
        passive, scale, gain = stacked
        passive, scale = passive / scale, np.ones_like(scale) * scale.min()
        weights = rng.uniform(0.5, 2.0, passive.shape)
        stacked = [passive * scale * weights * rng.uniform(0.7, 1.4, passive.shape), scale * weights, gain]
    return [np.ascontiguousarray(array, dtype=float) for array in stacked]


def measure(devices: int, frames: int, general: bool, rounds: int) -> str:
    """One line of the table."""
    passive, scale, gain = arrays_of(devices, frames, general, np.random.default_rng(7))
    action, tau, out = np.empty(passive.shape, np.int8), np.empty(passive.shape), np.empty((frames, 4))
    rule, nodes, stop = np.empty((frames, 2)), np.empty(frames, np.int64), np.zeros(1, np.int8)
    ours, theirs = [], []
    for _ in range(rounds + 1):  # the first one compiles
        start = time.process_time()
        threshold_frames(passive, scale, gain, action, tau, rule)
        middle = time.process_time()
        solve_frames(passive, scale, gain, 1e-9, NODE_LIMIT, stop, UNKNOWN, action, tau, out, nodes)
        ours.append(middle - start)
        theirs.append(time.process_time() - middle)
    ratio = rule[:, 0] / out[:, 2]
    share = statistics.median(a / b for a, b in zip(ours[1:], theirs[1:], strict=True))
    return (
        f"N = {devices:3d} {'general' if general else 'default'}: mean ratio {ratio.mean():.7f}, "
        f"worst {ratio.min():.5f}, "
        f"optimal {(ratio >= 1 - 1e-6).mean():.3f}; {1e6 * statistics.median(ours[1:]) / frames:.1f} us a frame, "
        f"{share:.2f} of the proof's"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    for devices in (10, 20, 30, 100, 300):
        for general in (False, True):
            print(measure(devices, arguments.frames, general, arguments.rounds), flush=True)


if __name__ == "__main__":
    main()
