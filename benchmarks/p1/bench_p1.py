"""Measures of P1: certified optima against coordinate descent, and the P2 kernel against the papers' bisection.

    python benchmarks/p1/bench_p1.py [--quick]

Everything is measured in one run on one machine, so the ratios compare like with like. Times are per frame (or per
call), single thread unless stated, compilation excluded; the last column is the target.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from baselines import Channel, bisection, coordinate_descent, rayleigh
from numpy.typing import NDArray

from qmectk_exact.shared_budget import solve_shared_budget, solve_shared_budget_many
from qmectk_problems.p1.fixed_action import score_actions

Row = tuple[str, str, str]


def seconds(function: Callable[[], object], repeats: int) -> NDArray[np.float64]:
    """Wall-clock seconds of each of `repeats` calls."""
    times = np.empty(repeats)
    for r in range(repeats):
        begin = time.perf_counter()
        function()
        times[r] = time.perf_counter() - begin
    return times


def descend(problem: tuple[NDArray, NDArray, NDArray], start: NDArray[np.bool_]) -> float:
    """Coordinate descent with the batched kernel: all flips of a round in one call."""
    action = start.copy()
    value = float(score_actions(*problem, action[None])[0])
    flips = np.eye(action.size, dtype=bool)
    while True:
        values = score_actions(*problem, flips ^ action)
        best = int(np.argmax(values))
        if values[best] <= value:
            return value
        value = float(values[best])
        action[best] = not action[best]


def bench_score(rng: np.random.Generator, quick: bool) -> list[Row]:
    """K = 30 candidates at N = 30, against one bisection per candidate."""
    channel = rayleigh(rng, 30, 1)[0]
    problem = channel.arrays()
    actions = rng.random((30, 30)) < 0.3
    values = score_actions(*problem, actions)
    paper = [bisection(channel, action)[0] / 1e6 for action in actions]
    error = float(np.abs(values / paper - 1.0).max())
    ours = seconds(lambda: score_actions(*problem, actions), 300 if quick else 2000)
    theirs = seconds(lambda: [bisection(channel, action) for action in actions], 2 if quick else 7)
    ratio = np.median(theirs) / np.median(ours)
    return [
        ("score, K = 30, N = 30", f"{1e6 * np.median(ours):.1f} us (min {1e6 * ours.min():.1f})", "< 50 us"),
        ("  bisection per candidate", f"{1e3 * np.median(theirs):.1f} ms (agrees to {error:.0e})", ""),
        ("  ratio", f"{ratio:.0f} x", ">= 300 x"),
    ]


def bench_certified(rng: np.random.Generator, quick: bool) -> list[Row]:
    """One frame at a time, proved to 1e-9."""
    rows = []
    for devices, frames, target in (
        (10, 2000, ""),
        (30, 2000, "median <= 0.3 ms, p99 <= 1 ms"),
        (100, 500, ""),
        (300, 300, "median <= 3 ms"),
        (10_000, 7, "<= 0.5 s"),
    ):
        channels = rayleigh(rng, devices, max(5, frames // 10) if quick else frames)
        rows.append(certified(f"certified, N = {devices}", [c.arrays() for c in channels], target))
    # with so many devices none offloads at the papers' numbers; weaker processors make it a choice again
    weak = []
    for channel in rayleigh(rng, 10_000, 3 if quick else 7):
        passive, scale, snr = channel.arrays()
        weak.append((passive * 30 / 10_000, scale, snr))
    rows.append(certified("  local rates x 30/N", weak, "<= 0.5 s"))
    near = [
        Channel(h * (1.0 + 1e-3 * rng.uniform(-1, 1, 30)), np.ones(30)).arrays()
        for h in 10.0 ** rng.uniform(-6, -3, 20 if quick else 200)
    ]
    rows.append(certified("  N = 30, h equal to 1e-3", near, "< 100 nodes"))
    return rows


def certified(name: str, problems: Sequence[tuple[NDArray, NDArray, NDArray]], target: str) -> Row:
    """Time `solve_shared_budget` on each problem."""
    times, nodes, on = [], [], []
    for problem in problems:
        begin = time.perf_counter()
        result = solve_shared_budget(*problem)
        times.append(time.perf_counter() - begin)
        nodes.append(result.nodes)
        on.append(int(result.action.sum()))
        if not result.proved:
            raise RuntimeError(f"{name}: gap {result.gap:.1e} left")
    median, p99, most = 1e3 * np.array([np.median(times), np.percentile(times, 99), max(times)])
    text = f"median {median:.3f} ms, p99 {p99:.3f}, max {most:.3f}; nodes <= {max(nodes)}; on {min(on)}..{max(on)}"
    return name, text, target


def bench_frames(rng: np.random.Generator, quick: bool) -> list[Row]:
    """30 000 frames at N = 10, in batches."""
    channels = rayleigh(rng, 10, 3000 if quick else 30_000)
    passive, scale, snr = (np.array(column) for column in zip(*(c.arrays() for c in channels), strict=True))
    rows = []
    for threads in (1, 2):
        times = seconds(partial(solve_shared_budget_many, passive, scale, snr, threads=threads), 3)
        each = 1e6 * times.min() / len(channels)
        text = f"{times.min():.2f} s (median {np.median(times):.2f}; {each:.1f} us per frame)"
        rows.append(
            (f"{len(channels)} frames, N = 10, {threads} thread(s)", text, "< 5 s on 2" if threads == 2 else "")
        )
    return rows


def bench_descent(rng: np.random.Generator, quick: bool) -> list[Row]:
    """Certified optimum against coordinate descent at N = 10, from the same random starts."""
    channels = rayleigh(rng, 10, 3 if quick else 20)
    starts = [rng.random(10) < 0.5 for _ in channels]
    problems = [channel.arrays() for channel in channels]
    slow, fast, exact, reached = [], [], [], 0
    for channel, problem, start in zip(channels, problems, starts, strict=True):
        slow.append(seconds(partial(coordinate_descent, channel, start), 1)[0])
        fast.append(np.median(seconds(partial(descend, problem, start), 20)))
        exact.append(np.median(seconds(partial(solve_shared_budget, *problem), 20)))
        reached += descend(problem, start) >= solve_shared_budget(*problem).value * (1.0 - 1e-9)
    passive, scale, snr = (np.tile(np.array(column), (50, 1)) for column in zip(*problems, strict=True))
    batch = partial(solve_shared_budget_many, passive, scale, snr, threads=1)
    many = np.median(seconds(batch, 5)) / len(passive)
    return [
        ("certified, N = 10", f"{1e6 * np.mean(exact):.0f} us alone, {1e6 * many:.0f} us in a batch", ""),
        ("  cd with the papers' bisection", f"{1e3 * np.mean(slow):.1f} ms; optimal in {reached}/{len(problems)}", ""),
        ("    ratio", f"{np.mean(slow) / np.mean(exact):.0f} x (batch {np.mean(slow) / many:.0f} x)", ">= 300 x"),
        ("  cd with our kernel", f"{1e6 * np.mean(fast):.0f} us", ""),
        ("    ratio", f"{np.mean(fast) / np.mean(exact):.1f} x (batch {np.mean(fast) / many:.1f} x)", "report"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer frames and repeats")
    quick = parser.parse_args().quick
    begin = time.perf_counter()
    problem = rayleigh(np.random.default_rng(0), 10, 1)[0].arrays()
    score_actions(*problem, np.zeros((1, 10), bool))
    solve_shared_budget(*problem)
    solve_shared_budget_many(*(array[None] for array in problem))
    print(f"first calls (compiled or loaded from the disk cache): {time.perf_counter() - begin:.1f} s")
    rng = np.random.default_rng(1)
    for bench in (bench_score, bench_certified, bench_frames, bench_descent):
        for name, text, target in bench(rng, quick):
            print(f"{name:34s} {text:76s} {target}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
