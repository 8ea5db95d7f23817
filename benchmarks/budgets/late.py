"""How late every backend is under a time limit, each run in a process of its own: imports and lowering included.

    python benchmarks/budgets/late.py                       every backend on every case it takes, 5 s each (an hour)
    python benchmarks/budgets/late.py --limit 1 --only sa,tabu --cases attention,drift-large
    python benchmarks/budgets/late.py --processor           on a busy machine: all clocks count processor time

The limit is kept as `qmectk solve` keeps it: its clock begins with the process. A row a run: seconds of the whole
process beyond the limit, processor seconds, how it ended, whether it has a feasible point. Rows later than `--allowed`
are marked, and those without a point.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

BEGAN = time.perf_counter()
if "--processor" in sys.argv:  # while others have their turn, no clock of this process goes on
    time.perf_counter, BEGAN = time.process_time, 0.0
    signal.ITIMER_REAL, signal.SIGALRM = signal.ITIMER_PROF, signal.SIGPROF  # type: ignore[misc]

import numpy as np  # noqa: E402

import qmectk  # noqa: E402
from qmectk import Instance  # noqa: E402
from qmectk.plugins import registry  # noqa: E402
from qmectk.routing.planner import Planner  # noqa: E402
from qmectk.solving import first_instance  # noqa: E402

#: Options without which a backend needs an account.
OPTIONS = {"dwave-qpu": {"solver": "mock"}, "leap-hybrid": {"solver": "mock"}}

#: Shipped problems with changes, by name of the case.
SHIPPED: dict[str, tuple[str, dict[str, Any]]] = {
    "p1": ("p1", {}),
    "p1-100": ("p1", {"devices": 100, "frames": 5, "training_frames": 2000}),
    "p1-long": ("p1", {"frames": 10_000_000}),
    "drift": ("drift", {}),
    "drift-large": ("drift", {"devices": 200, "servers": 20, "frames": 1}),
    "meqc": ("meqc", {}),
    "meqc-large": ("meqc", {"users": 60, "servers": 30, "frames": 2}),
    "meqc-ye": ("meqc-ye", {}),
    "attention": ("attention", {}),
}


@dataclass(eq=False)
class Own(Instance):
    """A knapsack of one's own: bits, and a continuous part where `shared`, which the default view completes."""

    items: int
    shared: bool
    whole: bool = True
    label = "own"

    def declare(self, m: Any) -> None:
        rng = np.random.default_rng(self.items)
        worth, weight = rng.uniform(1.0, 5.0, (2, self.items))
        x = m.var("x", self.items, kind="binary") if self.whole else m.var("x", self.items, upper=1)
        earned, used = m.dot(worth, x), m.dot(weight, x)
        if self.shared:
            y = m.var("y", self.items, upper=1)
            earned, used = earned + m.dot(weight, y), used + m.sum(y)
            m.le(y, 1.0 - 0.5 * x, "link")
        m.maximize(earned)
        m.le(used, float(weight.sum() / 2), "capacity")


OWN = {
    "own-24-continuous": Own(24, True),
    "own-60": Own(60, False),
    "own-400-continuous": Own(400, True),
    "own-lp": Own(3000, True, False),
}


def target_of(case: str) -> Any:
    name, changes = SHIPPED.get(case, ("", {}))
    return qmectk.load(name, **changes) if name else OWN[case]


def takers(case: str) -> list[str]:
    """Backends that have a route from the case; the others say so without a clock."""
    known = registry()
    planner = Planner(first_instance(target_of(case)), known)
    return [name for name, backend in sorted(known.backends.items()) if planner.plan(backend).chain is not None]


def answer(case: str, backend: str, limit: float) -> dict[str, Any]:
    """Solve in this process, in what starting up has left of the limit."""
    target = target_of(case)
    left = max(limit - (time.perf_counter() - BEGAN), 0.01 * limit)
    try:
        found = qmectk.solve(target, backend, options=OPTIONS.get(backend), time_limit=left)
    except qmectk.QmectkError as error:
        return {"end": type(error).__name__, "point": None, "message": str(error)}
    return {"end": found.termination.value, "point": found.feasible, "message": found.message}


def measured(case: str, backend: str, limit: float, processor: bool) -> dict[str, Any]:
    """The same in a process of its own, with its seconds."""
    before, start = os.times(), time.monotonic()
    command = [sys.executable, __file__, "--one", case, backend, "--limit", str(limit)]
    command += ["--processor"] if processor else []
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit + 600.0)
    wall, after = time.monotonic() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    lines = done.stdout.strip().splitlines()
    outcome = json.loads(lines[-1]) if lines else {"end": "crash", "point": None, "message": done.stderr[-200:]}
    return {"case": case, "backend": backend, "late": (cpu if processor else wall) - limit, "cpu": cpu, **outcome}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=float, default=5.0)
    parser.add_argument("--allowed", type=float, default=1.0, help="seconds late that are not marked")
    parser.add_argument("--only", default="", help="backends, separated by commas")
    parser.add_argument("--cases", default="", help="cases, separated by commas")
    parser.add_argument("--processor", action="store_true", help="measure, and limit, processor time")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(answer(*chosen.one, chosen.limit)), flush=True)
        os._exit(0)  # as the command does: nothing is torn down piece by piece
    worst = 0.0
    for case in chosen.cases.split(",") if chosen.cases else [*SHIPPED, *OWN]:
        for name in chosen.only.split(",") if chosen.only else takers(case):
            row = measured(case, name, chosen.limit, chosen.processor)
            worst = max(worst, row["late"])
            mark = " LATE" if row["late"] > chosen.allowed else ""
            mark += " POINTLESS" if row["point"] is False else ""
            point = {True: "feasible", False: "no point", None: ""}[row["point"]]
            print(
                f"{case:18s} {name:18s} {row['late']:+6.2f} s  cpu {row['cpu']:5.2f} s  {row['end']:10s} {point:9s}"
                f"{mark}  {row['message'][:70]}",
                flush=True,
            )
    print(f"worst: {worst:+.2f} s")


if __name__ == "__main__":
    main()
