"""What the first answer of a problem costs on a machine, with nothing compiled, and what the next process pays.

    python benchmarks/cli/bench_first.py [problem ...]      # p1, drift and attention when none is named

Seconds of processor time of fresh processes that solve two frames exactly, imports included; the first finds an empty
cache of compiled code. ``numba`` is what of it goes into compiling, or into reading what is compiled.

Measured on two idle cores, three times each: p1 7.9 to 9.3 s cold and 0.8 to 1.4 s warm, drift 5.1 to 6.7 and 0.9 to
1.1, attention 24.5 to 29.4 and 1.0 to 1.4, meqc and meqc-ye, which compile nothing, 1.1 to 1.8. What attention has over
ten seconds is numba's work in Python on its 70 functions, typing them and writing them for LLVM: of 22.8 s, LLVM takes
9.0 s, and could take none. What is compiled depends on the processor, so no package can bring it along.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

#: The problems when none is named: those whose exact backends compile most.
PROBLEMS = ("p1", "drift", "attention")

#: What a process runs: its numbers are the last line of what it prints.
ANSWER = """
import sys, time
from numba.core import event
import qmectk

class Compiling(event.Listener):
    depth, seconds = 0, 0.0
    def on_start(self, event):
        if not self.depth:
            self.begin = time.process_time()
        self.depth += 1
    def on_end(self, event):
        self.depth -= 1
        if not self.depth:
            self.seconds += time.process_time() - self.begin

compiling = Compiling()
event.register("numba:compiler_lock", compiling)
qmectk.solve(qmectk.load(sys.argv[1], frames=2), "exact", reference=False)
print(time.process_time(), compiling.seconds)
"""


def answer(problem: str, cache: str) -> tuple[float, float]:
    """Processor time [s] of a fresh process that solves a problem, and numba's part of it."""
    command = [sys.executable, "-c", ANSWER, problem]
    ran = subprocess.run(
        command, env=os.environ | {"NUMBA_CACHE_DIR": cache}, stdout=subprocess.PIPE, text=True, check=True
    )
    whole, compiling = ran.stdout.splitlines()[-1].split()
    return float(whole), float(compiling)


def main() -> None:
    for problem in sys.argv[1:] or PROBLEMS:
        with tempfile.TemporaryDirectory() as cache:
            (cold, compiled), (warm, read) = answer(problem, cache), answer(problem, cache)
        print(f"{problem:10s} cold {cold:5.1f} s (numba {compiled:5.1f})   warm {warm:4.2f} s (numba {read:4.2f})")


if __name__ == "__main__":
    main()
