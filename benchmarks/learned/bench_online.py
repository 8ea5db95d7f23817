"""Policies while they learn, and frozen: mean ratios to the certified optimum, on one core.

    python benchmarks/learned/bench_online.py [--frames 10000] [--seeds 1]

"online" is the mean over the second half of the training frames of the action that is executed, the best of K
candidates; "held" that of the frozen policy on the next 1000 frames, for several K. Small K show the network, large
ones the search around it.
"""

from __future__ import annotations

import argparse
from typing import Any

from learning import HELD, learned

import qmectk

ROWS: list[tuple[int, str, dict[str, Any]]] = [
    (30, "priced", {}),
    (10, "priced", {}),
    (30, "droo", {"network": "set", "learning_rate": 5e-3, "weight_decay": 0.0}),
    (30, "droo", {"network": "transformer", "learning_rate": 2e-3, "weight_decay": 0.0}),
    (30, "droo", {}),
    (30, "qaroo", {}),
    (10, "qaroo", {}),
    (10, "qaroo", {"network": "qnn"}),
    (10, "qaroo", {"network": "qnn", "circuit": "none"}),
]


def measure(devices: int, name: str, options: dict[str, Any], frames: int, seed: int) -> str:
    """One line of the table."""
    problem = qmectk.load("p1", devices=devices, training_frames=frames, frames=HELD)
    found = learned(problem, name, options, seed)
    parts = [f"K={count} {found.held(problem, count):.7f}" for count in (1, 4, 8, devices)]
    words = " ".join(f"-o {key}={value}" for key, value in options.items())
    return f"N={devices} {name} {words} seed {seed}: online {found.online:.7f}; held {', '.join(parts)}; " + (
        f"{found.milliseconds:.2f} ms a frame"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    for devices, name, options in ROWS:
        for seed in range(arguments.seeds):
            print(measure(devices, name, options, arguments.frames, seed), flush=True)


if __name__ == "__main__":
    main()
