"""Policies while they learn, and frozen: mean ratios to the certified optimum, on one core.

    python benchmarks/learned/bench_online.py [--frames 10000] [--seeds 1]

"online" is the mean over the second half of the training frames of the action that is executed, the best of K
candidates; "held" that of the frozen policy on the next 1000 frames, for several K. Small K show the network, large
ones the search around it.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import qmectk
from qmectk.plugins import registry
from qmectk.run import Generators
from qmectk.torch.threads import one_thread
from qmectk_exact.shared_budget import solve_shared_budget_many
from qmectk_learned.online import Online
from qmectk_learned.policy import contexts_of
from qmectk_learned.quantizers import quantizer_of

ROWS: list[tuple[int, str, dict[str, Any]]] = [
    (30, "priced", {}),
    (10, "priced", {}),
    (30, "droo", {"network": "set", "learning_rate": 5e-3, "weight_decay": 0.0}),
    (30, "droo", {}),
    (30, "qaroo", {}),
    (10, "qaroo", {}),
    (10, "qaroo", {"network": "qnn"}),
    (10, "qaroo", {"network": "qnn", "circuit": "none"}),
]

HELD = 1000


def optima(views: list[Any]) -> np.ndarray:
    """Proved bounds of the frames."""
    arrays = [np.stack([getattr(view.instance, name) for view in views]) for name in ("passive", "scale", "gain")]
    return solve_shared_budget_many(*arrays, threads=1).bound


def measure(devices: int, name: str, options: dict[str, Any], frames: int, seed: int) -> str:
    """One line of the table."""
    problem = qmectk.load("p1", devices=devices, training_frames=frames, frames=HELD)
    training, held = (
        [one.binary().view for one in part]  # type: ignore[attr-defined]
        for part in (problem.training_instances(), problem.instances())
    )
    run = Online(training, registry().backend(name).Options(**options), seed)
    kind = type(training[0])
    executed = np.full(frames, np.nan)

    class Watched(kind):  # type: ignore[misc,valid-type]
        @classmethod
        def score_many(cls, views: Any, actions: Any) -> Any:
            scores = kind.score_many(views, actions)
            executed[run.progress.position :][: len(views)] = scores.max(axis=1)
            return scores

    for view in training:
        view.__class__ = Watched
    with one_thread():
        start = time.process_time()
        while not run.finished:
            run.advance()
        seconds = time.process_time() - start
        relaxed = run.policy.relaxed(contexts_of(run.policy.shape, held))
    online = (executed / optima(training))[frames // 2 :].mean()
    bounds, parts = optima(held), []
    for count in (1, 4, 8, devices):
        actions = quantizer_of(run.options).candidates(relaxed, count, Generators(seed, HELD))
        parts.append(f"K={count} {(kind.score_many(held, actions).max(axis=1) / bounds).mean():.7f}")
    words = " ".join(f"-o {key}={value}" for key, value in options.items())
    return f"N={devices} {name} {words} seed {seed}: online {online:.7f}; held {', '.join(parts)}; " + (
        f"{1e3 * seconds / frames:.2f} ms a frame"
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
