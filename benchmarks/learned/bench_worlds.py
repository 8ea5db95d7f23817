"""Where memory pays: worlds in which what is seen is not the truth, and a world that changes.

    python benchmarks/learned/bench_worlds.py --seeds 2
    python benchmarks/learned/bench_worlds.py --world swapped

Ratios are means over the judged frames, to the certified (clairvoyant) optimum. In the worlds that are seen too late
the policies round (K = 1), and ``yesterday`` is the optimum of what is seen. In the world that changes they learn along
the frames, best-of-K is executed, and what the policy rounds to stands beside it.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import qmectk
from qmectk.documents import parse

FRAMES = "training_frames: {training}\nframes: 1000\n"
HIDDEN = {
    "fresh": "channel: {model: jakes}\n",
    "markov": "channel: {model: correlated}\nobserve: {delay: 1}\n",
    "jakes": "channel: {model: jakes}\nobserve: {delay: 1}\n",
    "noisy": "channel: {model: correlated, doppler: 3.19 Hz}\nobserve: {noise: 0.7}\n",
}
SWAPPED = "frames: 10000\nchanges: [{frame: 6000, weights: swapped}, {frame: 8000, weights: swapped}]\n"

#: The same labels for all, so that what is compared is what the networks see.
LEARN = {"labels": "certified", "adaptive": False}
POLICIES: dict[str, tuple[str, dict[str, Any]]] = {
    "mlp T=1": ("droo", {**LEARN, "history": 1}),
    "mlp T=4": ("droo", {**LEARN, "history": 4}),
    "mlp T=1, steps of gru": ("ugq", {**LEARN, "network": "mlp", "history": 1}),
    "mlp T=4, steps of gru": ("ugq", {**LEARN, "network": "mlp", "history": 4}),
    "gru T=1": ("ugq", {**LEARN, "history": 1}),
    "gru T=4": ("ugq", {**LEARN, "history": 4}),
}
ALONG: dict[str, tuple[str, dict[str, Any]]] = {
    "droo": ("droo", {}),
    "mlp, K = N": ("droo", {"adaptive": False}),
    "set, sees weights": ("droo", {"network": "set", "learning_rate": 5e-3, "weight_decay": 0.0}),
    "priced, sees weights": ("priced", {}),
}


def hidden(world: str, devices: int, training: int, seeds: int, policies: list[str]) -> None:
    problem = parse(f"problem: p1\ndevices: {devices}\n{FRAMES.format(training=training)}{HIDDEN[world]}")
    print(f"\n{world}: {HIDDEN[world].strip()!r}, N = {devices}, {training} training frames")
    for name in ("yesterday", "threshold"):
        print(f"  {name:24s} {qmectk.solve(problem, name).as_dict()['mean_ratio']:.4f}", flush=True)
    for name in policies:
        backend, options = POLICIES[name]
        began, ratios = time.process_time(), []
        for seed in range(seeds):
            ratios.append(qmectk.solve(problem, backend, options=options, seed=seed).as_dict()["mean_ratio"])
        spent = (time.process_time() - began) / seeds
        print(f"  {name:24s} {' '.join(f'{r:.4f}' for r in ratios)}   {spent:.0f} s of processor a seed", flush=True)


def swapped(devices: int, policies: list[str]) -> None:
    problem = parse(f"problem: p1\ndevices: {devices}\n{SWAPPED}")
    print(f"\nweights swapped at 6000 and back at 8000, N = {devices}")
    print("  of each change: mean ratio before, over the first 100 frames after, frames until it is back")
    for name in policies:
        backend, options = ALONG[name]
        found = qmectk.solve(problem, backend, options={**options, "online": True})
        assert isinstance(found, qmectk.StreamSolution)
        print(f"  {name:24s} last 1000: executed {np.mean(found.ratios[-1000:]):.5f}, "
              f"rounded {np.mean(found.raw_ratios[-1000:]):.5f}", flush=True)  # fmt: skip
        for one in found.recovery():
            back = "not" if one["frames"] is None else one["frames"]
            print(f"    {one['frame']} {one['action']:9s} {one['before']:.5f} {one['after']:.5f} {back}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", nargs="*", default=["jakes", "noisy", "markov", "fresh", "swapped"])
    parser.add_argument("--policies", nargs="*", default=[*POLICIES, *ALONG], help="of the rows that a world has")
    parser.add_argument("--devices", type=int, default=10)
    parser.add_argument("--training", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    for world in asked.world:
        if world == "swapped":
            swapped(asked.devices, [name for name in asked.policies if name in ALONG])
        else:
            chosen = [name for name in asked.policies if name in POLICIES]
            hidden(world, asked.devices, asked.training, asked.seeds, chosen)


if __name__ == "__main__":
    main()
