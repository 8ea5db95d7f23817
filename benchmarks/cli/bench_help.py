"""How long ``qmectk --help`` takes beside ``python -c "import click"``: pairs of fresh processes, medians.

    python benchmarks/cli/bench_help.py [pairs]

Exit code 1 when the ratio of the medians is 3 or more.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

#: Pairs of runs when none are asked for, and the fewest that give a steady median.
PAIRS, FEWEST = 25, 15

#: The ratio that must not be reached.
LIMIT = 3.0

HELP = [sys.executable, "-c", "import sys; from qmectk_cli.main import main; sys.exit(main(['--help']))"]
CLICK = [sys.executable, "-c", "import click"]


def seconds(command: list[str]) -> float:
    """Wall-clock seconds of one fresh process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def measure(pairs: int) -> tuple[list[float], list[float]]:
    """Seconds of both commands, run in turn so that a busy machine slows them alike; the first pair is a warm-up."""
    both = [(seconds(HELP), seconds(CLICK)) for _ in range(pairs + 1)][1:]
    return [first for first, _ in both], [second for _, second in both]


def main() -> int:
    pairs = max(FEWEST, int(sys.argv[1])) if len(sys.argv) > 1 else PAIRS
    ours, click = measure(pairs)
    ratio = statistics.median(ours) / statistics.median(click)
    paired = statistics.median(a / b for a, b in zip(ours, click, strict=True))
    print(f"qmectk --help   median {1e3 * statistics.median(ours):6.1f} ms   best {1e3 * min(ours):6.1f} ms")
    print(f"import click    median {1e3 * statistics.median(click):6.1f} ms   best {1e3 * min(click):6.1f} ms")
    print(f"ratio of medians {ratio:.2f}, median of paired ratios {paired:.2f} ({pairs} pairs, limit {LIMIT:g})")
    return int(ratio >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
