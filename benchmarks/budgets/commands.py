"""How late `qmectk simulate` and `qmectk compare` are under a time limit, each run as a user runs it.

    python benchmarks/budgets/commands.py                       every pair of a problem and a backend below (minutes)
    python benchmarks/budgets/commands.py --limit 2 --only sa,qaoa --problems drift

The limit of `simulate` is that of the whole, and 100 000 slots are asked for, which no backend ends in time. That of
`compare` is of a run: one frame is asked for, and what `compare` takes with a backend that answers at once is taken
off. A row a command: seconds beyond the limit, the exit code, the last line on stderr. Those later than `--allowed` are
marked.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

#: Backends that train, sample, enumerate or branch, and take seconds where nothing stops them.
SLOW = "exact,highs,cvxpy,exhaustive,sa,tabu,decompose,qaoa,dwave-qpu,droo,ugq,dqn-shares,hybrid-ppo"
PROBLEMS = "p1,drift,meqc,meqc-ye"

#: Options without which a backend needs an account.
OPTIONS = {"dwave-qpu": "solver=mock"}

#: A backend that answers at once.
QUICK = "local-only"


def command(kind: str, problem: str, backend: str, limit: float) -> list[str]:
    """The command of one row, without `qmectk`."""
    option = OPTIONS.get(backend)
    given = ["--backend", backend, "--time-limit", f"{limit:g}s"]
    if kind == "simulate":
        return ["simulate", problem, *given, "--slots", "100000", *(["-o", option] if option else [])]
    return ["compare", problem, *given, "--instances", "1", *(["-o", f"{backend}.{option}"] if option else [])]


def timed(arguments: list[str]) -> tuple[float, int, str]:
    """Seconds, exit code and last line on stderr."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "qmectk_cli.main", *arguments], capture_output=True, text=True, check=False
    )
    lines = done.stderr.strip().splitlines()
    return time.monotonic() - began, done.returncode, lines[-1] if lines else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=float, default=5.0)
    parser.add_argument("--allowed", type=float, default=1.0, help="seconds late that are not marked")
    parser.add_argument("--only", default=SLOW, help="backends, separated by commas")
    parser.add_argument("--problems", default=PROBLEMS, help="problems, separated by commas")
    chosen = parser.parse_args()
    worst = 0.0
    for problem in chosen.problems.split(","):
        start = timed(command("compare", problem, QUICK, chosen.limit))[0]
        for backend in chosen.only.split(","):
            for kind, before in (("simulate", 0.0), ("compare", start)):
                spent, code, said = timed(command(kind, problem, backend, chosen.limit))
                late = spent - before - chosen.limit
                worst = max(worst, late)
                mark = " LATE" if late > chosen.allowed else ""
                row = f"{kind:8s} {problem:8s} {backend:12s} {late:+6.2f} s  exit {code}{mark}  {said[:70]}"
                print(row, flush=True)
    print(f"worst: {worst:+.2f} s")


if __name__ == "__main__":
    main()
