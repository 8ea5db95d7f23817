"""Does a policy shorten the proof? The same proofs with and without a point to begin at, in turn.

    python benchmarks/learned/bench_starts.py
    python benchmarks/learned/bench_starts.py --family p1 --frames 500

``policy`` begins at the action of a policy trained on the problem's training frames (P1: its own nu and a are those of
the action), ``rule`` at the answer of a heuristic, ``optimum`` at the optimum itself: no start can do better than that.
Numbers are processor time without a start, and with one as a share of it: the least of the repeats of all frames
together, for searches alone (no conversion, no policy). What the start itself costs comes on top.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import qmectk
from qmectk import Budget
from qmectk.attempts.run import Generators
from qmectk.documents import parse
from qmectk.plugins import registry
from qmectk.routing.planner import find_route
from qmectk_exact.shared_budget.solve import NODE_LIMIT, UNKNOWN, solve_frames

P1 = "problem: p1\ntraining_frames: 2000\n"
ALIKE = "channel: {model: correlated, doppler: 0, distance: {between: [4, 4.001]}}\n"
#: Where points to begin at come from: a name -> a backend and its options.
Starts = Mapping[str, tuple[str, dict[str, Any]]]

FAMILIES = ("p1", "p1-highs", "meqc", "attention")


def of_values(solution: Any, name: str = "x") -> np.ndarray:
    return np.asarray([one.values[name] for one in solution.solutions])


def least(repeats: int, work: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    """Least processor time of each piece of work, in turn."""
    for one in work.values():
        one()
    best = dict.fromkeys(work, np.inf)
    for _ in range(repeats):
        for name, one in work.items():
            began = time.process_time()
            one()
            best[name] = min(best[name], time.process_time() - began)
    return best


def shown(title: str, frames: int, seconds: dict[str, float], extra: Mapping[str, str]) -> None:
    cold = seconds["cold"]
    shares = "  ".join(f"{k} {v / cold:.2f} {extra.get(k, '')}" for k, v in seconds.items() if k != "cold")
    print(f"{title:34s} {1e3 * cold / frames:9.4f} ms {extra.get('cold', '')}  {shares}", flush=True)


def p1(frames: int, repeats: int) -> None:
    """The compiled search of ``dual`` alone."""
    for n, text in ((10, ""), (30, ""), (100, ""), (300, "")):
        problem = parse(f"{P1}devices: {n}\nframes: {frames}\n{text}")
        optimum = qmectk.solve(problem, "exact")
        starts = {
            "policy": qmectk.solve(problem, "priced", options={"candidates": 1}, reference=False),
            "rule": qmectk.solve(problem, "threshold", reference=False),
            "optimum": optimum,
        }
        known = {"cold": UNKNOWN, **{k: np.ascontiguousarray(of_values(s) > 0.5, np.int8) for k, s in starts.items()}}
        arrays = problem.arrays(problem.trace[-frames:])  # type: ignore[attr-defined]
        nodes: dict[str, str] = {}

        def work(name: str, arrays: Any = arrays, known: Any = known, nodes: Any = nodes) -> None:
            action, tau = np.empty(arrays[0].shape, np.int8), np.empty(arrays[0].shape)
            out, count = np.empty((len(action), 4)), np.empty(len(action), np.int64)
            stop = np.zeros(1, np.int8)
            solve_frames(*arrays, 1e-9, NODE_LIMIT, stop, known[name], action, tau, out, count)
            nodes[name] = f"({count.mean():.2f} nodes)"

        seconds = least(repeats, {name: lambda name=name: work(name) for name in known})  # type: ignore[misc]
        shown(f"p1, dual, N = {n}", frames, seconds, nodes)


def searched(title: str, problem: Any, backend: str, starts: Starts, repeats: int) -> None:
    """Any backend on the frames of a problem."""
    optimum = qmectk.solve(problem, "exact")
    points = {name: qmectk.solve(problem, b, options=o, reference=False) for name, (b, o) in starts.items()}
    points["optimum"] = optimum
    kind, instances = registry().backend(backend), list(problem.instances())
    first = find_route(instances[0], kind, registry())
    routes = [first.again(one, kind.max_bits) for one in instances]
    infos: dict[str, str] = {}

    def work(name: str) -> None:
        budget = Budget()
        if name != "cold":
            solutions: Sequence[Any] = points[name].solutions  # type: ignore[attr-defined]
            budget.starts = [r.lower(s.values) if s.values else None for r, s in zip(routes, solutions, strict=True)]
        replies = kind().solve_many([r.view for r in routes], budget, Generators(0, len(routes)))
        counted = [r.info.get("nodes", r.info.get("rounds")) for r in replies]
        if None not in counted:
            infos[name] = f"({np.mean(counted):.1f})"

    seconds = least(repeats, {name: lambda name=name: work(name) for name in ("cold", *points)})  # type: ignore[misc]
    for name, point in points.items():
        ratios = point.ratios if name == "optimum" else None  # type: ignore[attr-defined]
        gaps = [
            abs(a.objective - b.objective) / abs(b.objective)
            for a, b in zip(point.solutions, optimum.solutions, strict=True)  # type: ignore[attr-defined]
            if a.feasible
        ]
        if ratios is None:
            infos[name] = f"{infos.get(name, '')} gap {np.mean(gaps):.1e}"
    shown(title, len(instances), seconds, infos)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", nargs="*", default=list(FAMILIES), choices=FAMILIES)
    parser.add_argument("--frames", type=int, default=300, help="of P1; the others take a tenth")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    few = max(asked.frames // 10, 2)
    learn = {"candidates": None}
    if "p1" in asked.family:
        p1(asked.frames, asked.repeats)
    if "p1-highs" in asked.family:
        text = f"{P1}devices: 10\nframes: {max(few // 3, 2)}\n"
        searched("p1, highs, N = 10", parse(text), "highs", {"policy": ("priced", learn)}, min(asked.repeats, 2))
    if "meqc" in asked.family:
        text = f"problem: meqc\nusers: 10\nservers: 10\ntraining_frames: 500\nframes: {few}\n"
        starts = {"policy": ("droo", learn), "rule": ("central-greedy", {})}
        searched("meqc, highs, 10 x 10", parse(text), "highs", starts, min(asked.repeats, 3))
    if "attention" in asked.family:
        for blocks in ("n: 14, d: 2, kind: signed", "n: 200, d: 3, kind: abs-normal"):
            text = f"problem: attention\nk: 5\nblocks: {{{blocks}}}\ntraining_frames: 200\nframes: {few}\n"
            starts = {"policy": ("droo", {"candidates": 20}), "rule": ("lowrank", {"reads": 1})}
            searched(f"lowrank-exact, {blocks}", parse(text), "lowrank-exact", starts, asked.repeats)


if __name__ == "__main__":
    main()
