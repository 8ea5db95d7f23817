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
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from baselines import rayleigh

from qmectk_exact.shared_budget.solve import NODE_LIMIT, UNKNOWN, solve_frames
from qmectk_exact.shared_budget.threshold import threshold_frames


def arrays_of(devices: int, frames: int, general: bool, rng: np.random.Generator) -> list[np.ndarray]:
    """Passive, scale and snr, each (frames, devices)."""
    stacked = [np.stack(parts) for parts in zip(*(c.arrays() for c in rayleigh(rng, devices, frames)), strict=True)]
    if general:
        passive, scale, snr = stacked
        passive, scale = passive / scale, np.ones_like(scale) * scale.min()
        weights = rng.uniform(0.5, 2.0, passive.shape)
        stacked = [passive * scale * weights * rng.uniform(0.7, 1.4, passive.shape), scale * weights, snr]
    return [np.ascontiguousarray(array, dtype=float) for array in stacked]


@dataclass(frozen=True)
class Row:
    """One size of problem: ratios of the rule's values to the certified ones, and times.

    Attributes
    ----------
    mean, worst, optimal
        Of the ratios: their mean, the least, and the share of at least 1 - 1e-6.
    microseconds
        Of the rule, a frame; the median of the rounds.
    share
        Of the time of the proof; the median of the rounds.
    """

    devices: int
    general: bool
    mean: float
    worst: float
    optimal: float
    microseconds: float
    share: float

    @property
    def label(self) -> str:
        return f"N = {self.devices:3d} {'general' if self.general else 'default'}"


def measure(devices: int, frames: int, general: bool, rounds: int) -> Row:
    """The rule and the proof in turn."""
    passive, scale, snr = arrays_of(devices, frames, general, np.random.default_rng(7))
    action, tau, out = np.empty(passive.shape, np.int8), np.empty(passive.shape), np.empty((frames, 4))
    rule, nodes, stop = np.empty((frames, 2)), np.empty(frames, np.int64), np.zeros(1, np.int8)
    ours, theirs = [], []
    for _ in range(rounds + 1):  # the first one compiles
        start = time.process_time()
        threshold_frames(passive, scale, snr, action, tau, rule)
        middle = time.process_time()
        solve_frames(passive, scale, snr, 1e-9, NODE_LIMIT, stop, UNKNOWN, action, tau, out, nodes)
        ours.append(middle - start)
        theirs.append(time.process_time() - middle)
    ratio = rule[:, 0] / out[:, 2]
    share = statistics.median(a / b for a, b in zip(ours[1:], theirs[1:], strict=True))
    optimal = float((ratio >= 1 - 1e-6).mean())
    spent = 1e6 * statistics.median(ours[1:]) / frames
    return Row(devices, general, float(ratio.mean()), float(ratio.min()), optimal, spent, share)


def rows(frames: int, rounds: int) -> Iterator[Row]:
    """Every size, default and general."""
    for devices in (10, 20, 30, 100, 300):
        for general in (False, True):
            yield measure(devices, frames, general, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    for row in rows(arguments.frames, arguments.rounds):
        print(
            f"{row.label}: mean ratio {row.mean:.7f}, worst {row.worst:.5f}, optimal {row.optimal:.3f}; "
            f"{row.microseconds:.1f} us a frame, {row.share:.2f} of the proof's",
            flush=True,
        )


if __name__ == "__main__":
    main()
