"""``python -m tests.fuzz``: many bad inputs, and a summary of what went wrong.

Cases have names, ``KIND:NUMBER``, and are the same whenever they are made; ``--case`` repeats one, and keeps its files.
"""

from __future__ import annotations

import argparse
import collections
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

from .case import Call, split
from .kinds import BY_NAME, KINDS, case
from .workers import Name, Result, results, try_case

SLOWEST = 5


def _names(total: int, kinds: list[str], first: int) -> list[Name]:
    """Kinds take turns, so that a run that is cut short has seen all of them."""
    counts = split([BY_NAME[kind] for kind in kinds], total)
    order = sorted(((i + 0.5) / counts[kind], kind, i) for kind in kinds for i in range(counts[kind]))
    return [(kind, first + i) for _, kind, i in order]


def _alike(text: str) -> str:
    """What failures of one cause have in common: no numbers, no quoted values."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|[-+]?\d[\d.e+-]*", "*", text)[:160]


def _summary(found: list[Result], spent: float) -> str:
    lines = []
    for kind in KINDS:
        mine = [one for one in found if one.kind == kind.name]
        if mine:
            seconds = sum(one.seconds for one in mine)
            bad = sum(bool(one.failures) for one in mine)
            rate = len(mine) / max(seconds, 1e-9)
            lines.append(f"{kind.name:10s} {len(mine):6d} cases {bad:5d} failed {rate:7.1f} cases a second of CPU")
    groups: dict[str, list[tuple[Result, str]]] = collections.defaultdict(list)
    for one in found:
        for text in one.failures:
            groups[f"{one.kind} {_alike(text)}"].append((one, text))
    for members in sorted(groups.values(), key=len, reverse=True):
        one, text = members[0]
        lines += ["", f"{len(members)} x {one.kind}: {text[:400]}"]
        named = " ".join(f"{m.kind}:{m.number}" for m, _ in members[:6])
        lines.append(f"    python -m tests.fuzz --case {one.kind}:{one.number}    ({named})")
    slowest = sorted(found, key=lambda one: -one.seconds)[:SLOWEST]
    lines += ["", "slowest: " + ", ".join(f"{one.kind}:{one.number} {one.seconds:.1f} s" for one in slowest)]
    bad = sum(bool(one.failures) for one in found)
    lines.append(f"{len(found)} cases in {spent:.0f} s, {bad} failed, in {len(groups)} ways")
    return "\n".join(lines)


def _repeat(name: str) -> int:
    kind, _, number = name.partition(":")
    made = case(kind, int(number))
    if isinstance(made, Call):
        print(made.about)
    else:
        folder = Path(tempfile.mkdtemp(prefix="qmectk-fuzz-case-"))
        for file, content in made.files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)
        print(f"cd {folder}; qmectk {' '.join(map(repr, made.arguments))}")
    found = try_case(kind, int(number)).failures
    print("\n".join(found) or "nothing wrong")
    return int(bool(found))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="how many in all [20000]")
    parser.add_argument("--first", type=int, default=0, help="number of the first case of every kind [0]")
    parser.add_argument("--jobs", type=int, default=1, help="processes [1]")
    parser.add_argument("--kind", action="append", choices=list(BY_NAME), help="only this kind; repeatable")
    parser.add_argument("--case", metavar="KIND:NUMBER", help="repeat one case in this process")
    chosen = parser.parse_args()
    if chosen.case:
        return _repeat(chosen.case)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the summary of a run that is ended is worth having
    names = _names(chosen.cases, chosen.kind or list(BY_NAME), chosen.first)
    started, shown = time.monotonic(), 0.0
    found = []
    try:
        for one in results(names, chosen.jobs):
            found.append(one)
            spent = time.monotonic() - started
            for text in one.failures:
                print(f"{one.kind}:{one.number} {text[:300]}", file=sys.stderr, flush=True)
            if spent - shown > 10.0:
                shown = spent
                bad = sum(bool(r.failures) for r in found)
                print(f"{len(found)} of {len(names)} cases, {bad} failed, {spent:.0f} s", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        pass
    print(_summary(found, time.monotonic() - started))
    return int(any(one.failures for one in found) or len(found) < len(names))


if __name__ == "__main__":
    sys.exit(main())
