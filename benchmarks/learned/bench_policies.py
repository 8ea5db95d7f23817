"""How good the learned policies are and what they cost, on one core.

    python benchmarks/learned/bench_policies.py [--repeats 3] [--seeds 1] [--frames 1000] [backend ...]

Each repeat trains anew on the training frames of problems/p1.yaml and answers the frames after them. Ratios are to the
certified optimum; times are the minimum and the median over the repeats, of wall clock, and the minimum of processor
time, which other programs disturb less.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time

import numpy as np

import qmectk
from qmectk.attempts.run import Generators
from qmectk.plugins import registry


def measure(name: str, problem: qmectk.Problem, optima: np.ndarray, repeats: int, seed: int) -> None:
    """Train and answer `repeats` times with one seed; print one line."""
    cls = registry().backend(name)
    training = [instance.binary().view for instance in problem.training_instances()]  # type: ignore[attr-defined]
    unseen = [instance.binary().view for instance in problem.instances()]  # type: ignore[attr-defined]
    train_ms, solve_ms, cpu_ms = [], [], []
    for _ in range(repeats):
        backend = cls(cls.Options(retrain=True))
        start, busy = time.perf_counter(), time.process_time()
        # the generator the core would pass
        backend.train(  # type: ignore[attr-defined]
            lambda: training, problem.fingerprint(), qmectk.Budget(), np.random.default_rng([seed, 2**31])
        )
        middle = time.perf_counter()
        cpu_ms.append((time.process_time() - busy) / len(training) * 1e3)
        replies = backend.solve_many(unseen, qmectk.Budget(), Generators(seed, len(unseen)))
        stop = time.perf_counter()
        train_ms.append((middle - start) / len(training) * 1e3)
        solve_ms.append((stop - middle) / len(unseen) * 1e3)
    scores = np.array([view.score(reply.point[None])[0] for view, reply in zip(unseen, replies, strict=True)])
    ratios = scores / optima
    print(
        f"{name:6} seed {seed}: mean ratio {ratios.mean():.6f}, worst {ratios.min():.4f}, "
        f"share optimal {(ratios >= 1 - 1e-6).mean():.3f}; training {min(train_ms):.3f} ms a frame "
        f"(median {statistics.median(train_ms):.3f}, processor {min(cpu_ms):.3f}), answering {min(solve_ms):.3f} "
        f"(median {statistics.median(solve_ms):.3f})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backend", nargs="*", default=["droo", "ugq"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--frames", type=int, default=1000)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    problem = qmectk.load("p1", frames=arguments.frames)
    print(f"p1: {problem.params.training_frames} training frames, then {arguments.frames} frames", flush=True)
    reference = qmectk.solve(problem, "exact")
    solutions = reference.solutions if isinstance(reference, qmectk.StreamSolution) else (reference,)
    optima = np.array([s.certificate.bound for s in solutions if s.certificate is not None])
    print(f"reference: {reference.quality}, by {reference.certificate}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["QMECTK_CACHE_DIR"] = folder
        for name in arguments.backend:
            for seed in range(arguments.seeds):
                measure(name, problem, optima, arguments.repeats, seed)


if __name__ == "__main__":
    main()
