"""RNN against DNN on a channel without memory: the same frames, quantizer, labels and K, several seeds.

    python benchmarks/learned/bench_recurrent.py [--seeds 5] [--labels best-of-k certified] [--falling] [NAME ...]

Everything is that of the preset `ugq` but what a row says. Each seed has channels of its own, the same for all rows.
"online" is the mean ratio of the executed actions over the second half of the training; "held" that of the frozen
policy on the next 1000, with the best of N candidates and with the first alone. Mean and standard deviation over seeds.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from learning import HELD, learned

import qmectk

#: DROO's steps, ten times those of QAROO's recurrent policy.
DROO = {"network": "mlp", "learning_rate": 0.01, "weight_decay": 1e-4}
ROWS: dict[str, dict[str, Any]] = {
    "mlp": {**DROO, "history": 1},
    "mlp, steps of the gru": {"network": "mlp", "history": 1},
    "mlp, 2 frames": {**DROO, "history": 2},
    "gru, 1 frame": {"history": 1},
    "gru, 1 frame, no dropout": {"history": 1, "dropout": 0.0},
    "gru, 2 frames": {"history": 2},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", nargs="*", metavar="NAME", help=f"of {'; '.join(ROWS)}; all of them if left out")
    parser.add_argument("--labels", nargs="*", default=["best-of-k", "certified"])
    parser.add_argument("--falling", action="store_true", help="steps fall to zero along the training")
    parser.add_argument("--devices", type=int, default=30)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    for labels in asked.labels:
        for name in asked.row or ROWS:
            found = []
            for seed in range(asked.seeds):
                problem = qmectk.load("p1", devices=asked.devices, training_frames=asked.frames, frames=HELD, seed=seed)
                one = learned(problem, "ugq", {**ROWS[name], "labels": labels, "falling": asked.falling}, seed)
                held = [one.held(problem, count) for count in (1, asked.devices)]
                found.append((one.online, *held, one.milliseconds))
            mean, spread = np.mean(found, axis=0), np.std(found, axis=0)
            words = ", ".join(
                f"{what} {mean[i]:.5f} +- {spread[i]:.5f}" for i, what in enumerate(("online", "held K=1", "held K=N"))
            )
            each = " ".join(f"{row[2]:.5f}" for row in found)
            print(f"{labels}, {name}: {words} (by seed {each}); {mean[3]:.2f} ms a frame", flush=True)


if __name__ == "__main__":
    main()
