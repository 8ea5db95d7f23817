"""What a comparison adds to a run: 5000 short runs with reused workers, and how the store grows.

Target: less than 3 ms a run of everything that is not the backend's own time (conversion, measuring, processes,
pipes, the store), on 2 cores. Run: python benchmarks/compare/bench_overhead.py [--jobs 2]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import qmectk
from qmectk.comparing.running.scheduler import Watcher

BACKENDS = ["local-only", "offload-all", "random", "greedy", "cd"]
TARGET = 3e-3


class Growth(Watcher):
    """Size of the store and memory of this process every thousand runs."""

    def __init__(self, store: Path) -> None:
        self.store, self.count = store, 0
        self.seen: list[tuple[int, int, int]] = []
        self.start = 0.0

    def planned(self, stage, totals, stored):
        if stage == "runs":
            self.start = time.perf_counter()

    def finished(self, stage, backend, row):
        if stage != "runs":
            return
        self.count += 1
        if self.count % 1000 == 0:
            size = sum(p.stat().st_size for p in self.store.parent.glob(self.store.name + "*"))
            self.seen.append((self.count, size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--instances", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=10)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "runs.db"
        growth = Growth(store)
        began = time.perf_counter()
        result = qmectk.compare(
            "p1", BACKENDS, instances=chosen.instances, seeds=chosen.seeds, time_limit=5, jobs=chosen.jobs,
            store=store, watcher=growth,
        )  # fmt: skip
        ended = time.perf_counter()
        frame = result.frame
        assert (frame["status"] == "ok").all(), frame["reason"].unique()
        runs, own = len(frame), (frame["solve_seconds"] + frame["compilation_seconds"]).sum()
        busy = (ended - growth.start) * chosen.jobs
        print(f"runs                     {runs} on {chosen.jobs} workers")
        print(f"elapsed                  {ended - began:.2f} s")
        print(f"  planning, references   {growth.start - began:.2f} s")
        print(f"backends' own time       {own:.2f} s")
        overhead = (ended - growth.start - own / chosen.jobs) / runs
        print(f"overhead a run           {1e3 * overhead:.3f} ms, {overhead / TARGET:.2f} of the target")
        print(f"  of one worker's time   {1e3 * (busy - own) / runs:.3f} ms")
        print(f"  of it conversion       {1e3 * frame['conversion_seconds'].mean():.3f} ms")
        for count, size, memory in growth.seen:
            print(f"after {count:6d} runs        {size / 1e6:.2f} MB of store, {memory / 1e3:.0f} MB of memory")
        began = time.perf_counter()
        qmectk.compare(
            "p1", BACKENDS, instances=chosen.instances, seeds=chosen.seeds, time_limit=5, jobs=chosen.jobs, store=store
        )
        print(f"the same again           {time.perf_counter() - began:.2f} s, nothing is run")


if __name__ == "__main__":
    main()
