"""Every measure of the policies for P1 beside its goal, on one core.

    python benchmarks/learned/measures.py [--seeds 5] [--frames 10000] [ROW ...]

Ratios are to the certified optimum; "online" is the mean over the second half of the training frames, of the executed
action, "held" that of the frozen policy on the next 1000 frames. Times are processor time: of a whole training, and of
a frame in its quickest 500. One number a seed; what does not depend on a seed has one number a size. Rows: see ROWS.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from bench_circuits import BATCH, QUBITS, milliseconds
from learning import HELD, Learned, learned

import qmectk
from qmectk_learned.circuits import Published, Reuploading

#: Weights and k_i of the general problems: those of benchmarks/p1/bench_threshold.py.
GENERAL = {"weights": [0.5, 2.0], "energy_coefficient": [0.36e-26, 2.9e-26]}

#: How the policy for every N is trained: by imitation of the proven price and share.
IMITATION = {
    "labels": "certified",
    "loss": "numbers",
    "learning_rate": 0.01,
    "candidates": 1,
    "batch": 64,
    "interval": 2,
    "falling": True,
    "memory": 4096,
}
IMITATED_FRAMES = 2500

#: What a perceptron learns best with, apart from its quantizer and labels: every candidate in every frame, and steps
#: that fall to zero, as in the end what limits it is how far the last ones throw it.
STEADY = {"adaptive": False, "falling": True}


def say(measure: str, found: list[float], goal: float, least: bool = True) -> None:
    """One line: what was measured on each seed, its worst, and the goal."""
    worst = min(found) if least else max(found)
    met = worst >= goal if least else worst <= goal
    numbers = " ".join(f"{one:.7g}" for one in found)
    print(f"{'met ' if met else 'MISS'} {measure}: {numbers} (goal {'>=' if least else '<='} {goal:g})", flush=True)


def p1(devices: int, frames: int, **changes: Any) -> qmectk.Problem:
    """The default problem with so many devices and training frames."""
    return qmectk.load("p1", devices=devices, training_frames=frames, frames=HELD, **changes)


def trained(devices: int, frames: int, seeds: int, backend: str, **options: Any) -> list[Learned]:
    """A policy for each seed."""
    problem = p1(devices, frames)
    return [learned(problem, backend, options, seed) for seed in range(seeds)]


def own(frames: int, seeds: int) -> None:
    for devices, goal in ((30, 0.9999), (10, 0.9999), (20, 0.9999), (100, 0.9998)):
        found = trained(devices, frames, seeds, "priced")
        if devices == 30:
            say("own preset, N=30, online", [one.online for one in found], 0.9999)
            say("its training, online [s]", [one.seconds for one in found], 15.0, least=False)
            say("price, training [ms a frame]", [one.milliseconds for one in found], 1.2, least=False)
        held = [one.held(p1(devices, frames), 8) for one in found]
        say(f"own preset, N={devices}, held, K=8", held, goal)


def every_n(frames: int, seeds: int) -> None:
    crowd = {"fewest": 5, **GENERAL}
    problem = qmectk.load("p1", seed=1, devices=300, training_frames=IMITATED_FRAMES, frames=1, crowd=crowd)
    found = [learned(problem, "priced", IMITATION, seed) for seed in range(seeds)]
    say("one file for every N: training by imitation [s]", [one.seconds for one in found], 30.0, least=False)
    for devices in (5, 10, 20, 30, 50, 100, 200, 300):
        for name, extra in (("default", {}), ("general", {"crowd": {"fewest": devices, **GENERAL}})):
            held = [one.held(p1(devices, 1, seed=3, **extra), 8) for one in found]
            say(f"one file for every N: N={devices}, {name}, K=8", held, 0.9998)


def papers(frames: int, seeds: int) -> None:
    ugq = trained(30, frames, seeds, "ugq")
    say("ugq, N=30, online", [one.online for one in ugq], 0.998)
    say("ugq, N=30, held", [one.held(p1(30, frames), 30) for one in ugq], 0.999)
    say("gru of 2 frames, training [ms a frame]", [one.milliseconds for one in ugq], 2.0, least=False)


def droo(frames: int, seeds: int) -> None:
    for devices, goal in ((30, 0.996), (10, 0.9997)):
        found = trained(devices, frames, seeds, "droo")
        say(f"droo, N={devices}, online", [one.online for one in found], goal)
        if devices == 30:
            say("mlp, training [ms a frame]", [one.milliseconds for one in found], 0.45, least=False)


def perceptrons(frames: int, seeds: int) -> None:
    for quantizer in ("ugq", "knn"):
        found = trained(30, frames, seeds, "droo", quantizer=quantizer, **STEADY)
        say(f"mlp and {quantizer}, N=30, online", [one.online for one in found], 0.9983)
        say(f"mlp and {quantizer}, N=30, held", [one.held(p1(30, frames), 30) for one in found], 0.9988)


def certified(frames: int, seeds: int) -> None:
    found = trained(30, frames, seeds, "droo", labels="certified", **STEADY)
    say("mlp and certified labels, N=30, held", [one.held(p1(30, frames), 30) for one in found], 0.9993)
    asked = [one.run.labels.facts()["labels_seconds"] for one in found]
    spent = [f"{one.seconds:.1f} ({labels:.2f})" for one, labels in zip(found, asked, strict=True)]
    print(f"     its training, processor seconds (labels, wall clock): {' '.join(spent)}", flush=True)


def times(frames: int, seeds: int) -> None:
    rows: tuple[tuple[str, str, float, dict[str, Any]], ...] = (
        ("set", "droo", 1.3, {"network": "set", "learning_rate": 5e-3, "weight_decay": 0.0}),
        ("qnn closed form", "qaroo", 0.6, {"network": "qnn"}),
    )
    for name, backend, goal, options in rows:
        found = trained(30, min(frames, 3000), seeds, backend, **options)
        say(f"{name}, N=30, training [ms a frame]", [one.milliseconds for one in found], goal, least=False)


def circuits(frames: int, seeds: int) -> None:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(BATCH, QUBITS, generator=generator)
    for name, circuit, goal in (
        ("closed form", Published(QUBITS, generator=generator), 1.0),
        ("one re-uploading layer", Reuploading(QUBITS, 1, generator=generator), 7.0),
        ("two", Reuploading(QUBITS, 2, generator=generator), 16.0),
    ):

        def both_ways(circuit: Any = circuit) -> None:
            circuit(x.clone().requires_grad_()).square().sum().backward()

        both_ways()
        say(f"8 qubits, batch 128, {name} [ms]", [min(milliseconds(both_ways, 50))], goal, least=False)


def rule(frames: int, seeds: int) -> None:
    sys.path.append(str(Path(__file__).parents[1] / "p1"))
    from bench_threshold import rows

    found = list(rows(500, 7))
    say("threshold, N=10..300, default and general, mean ratio", [row.mean for row in found], 0.99999)
    say("its time as a share of the proof's, in turn", [row.share for row in found], 0.8, least=False)


ROWS: dict[str, Callable[[int, int], None]] = {
    "threshold": rule,
    "droo": droo,
    "certified": certified,
    "mlp": perceptrons,
    "circuits": circuits,
    "times": times,
    "ugq": papers,
    "own": own,
    "every-n": every_n,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", nargs="*", help=f"of {', '.join(ROWS)}; all of them if left out")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=10_000)
    arguments = parser.parse_args()
    for row in arguments.row or ROWS:
        ROWS[row](arguments.frames, arguments.seeds)


if __name__ == "__main__":
    main()
