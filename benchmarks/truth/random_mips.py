"""Random declared MIPs against enumeration in exact rationals: how often "optimal" is false, and how often it is said.

    python benchmarks/truth/random_mips.py --cases 10000 --seed 0 --backend highs --backend exact --backend scip

Coefficients go from 1e-9 to 1e9 in every row and in the objective. Every assignment of the bits is tried; what is left
of up to two continuous variables is a linear program of the plane, whose vertices are tried. All of it in fractions, so
that nothing is rounded. An answer is false when it is called optimal and differs from the truth by more than one part
in a million and more than what rounding leaves of an objective whose terms cancel, when it says that no feasible point
exists and there is one, and when its bound is beaten by the truth.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

import qmectk
from qmectk import Instance, Quality, Solution, Termination
from qmectk.language import Language

#: Relative difference from the truth above which an answer called optimal is false.
ALLOWED = Fraction(1, 1_000_000)

#: What the names of the senses declare.
RELATIONS = ("<=", ">=", "==")


@dataclass(eq=False)
class RandomMip(Instance):
    """``max or min c x + d y`` over bits x and continuous y, rows ``a x + b y <= (>=, ==) side``.

    Attributes
    ----------
    costs, shares
        c of shape (n,), d of shape (k,).
    rows, slopes, sides, relations
        a of shape (m, n), b of shape (m, k), shape (m,), and m names of relations.
    upper
        Of the continuous variables, shape (k,).
    sense
        +1 to maximise.
    """

    costs: Any
    shares: Any
    rows: Any
    slopes: Any
    sides: Any
    relations: tuple[str, ...]
    upper: Any
    sense: int
    label = "random MIP"
    unit = ""

    def declare(self, m: Language) -> None:
        x = m.var("x", len(self.costs), kind="binary")
        y = m.var("y", len(self.shares), upper=self.upper) if len(self.shares) else None

        def body(a: Any, b: Any) -> Any:
            return m.dot(a, x) if y is None else m.dot(a, x) + m.dot(b, y)

        (m.maximize if self.sense > 0 else m.minimize)(body(self.costs, self.shares))
        state = {"<=": m.le, ">=": m.ge, "==": m.eq}
        for i, relation in enumerate(self.relations):
            state[relation](body(self.rows[i], self.slopes[i]), self.sides[i], f"row {i}")


def drawn(rng: np.random.Generator) -> RandomMip:
    """One instance: sizes, signs, spans and digits of its numbers vary, and half of its rows are tight somewhere."""
    n, m, k = int(rng.integers(2, 9)), int(rng.integers(1, 4)), int(rng.choice([0, 0, 1, 2]))
    span = float(rng.choice([0.0, 2.0, 5.0, 9.0]))
    digits = int(rng.choice([1, 3, 17]))

    def numbers(*shape: int) -> Any:
        size = 10.0 ** rng.uniform(-span, span, shape) * rng.choice([1.0, 10.0**-9, 10.0**9] if span == 0.0 else [1.0])
        size = np.clip(size * rng.choice([-1.0, 1.0], shape, p=[0.3, 0.7]), -1e9, 1e9)
        return np.array([float(f"{v:.{digits}g}") for v in size.ravel()]).reshape(shape)

    rows, slopes = numbers(m, n), numbers(m, k)
    relations, sides = [], np.zeros(m)
    for i in range(m):
        x, y = rng.integers(0, 2, n), rng.choice([0.0, 1.0, 0.5], k)
        level = float(rows[i] @ x + slopes[i] @ y)
        relation = str(rng.choice(RELATIONS, p=[0.6, 0.3, 0.1]))
        if relation == "==" and not k:
            relation = "<="
        sides[i] = level if relation == "==" or rng.random() < 0.5 else float(numbers(1)[0])
        relations.append(relation)
    upper = np.array([float(f"{10.0 ** rng.uniform(-2.0, 2.0):.2g}") for _ in range(k)])
    sense = int(rng.choice([-1, 1]))
    return RandomMip(numbers(n), numbers(k), rows, slopes, sides, tuple(relations), upper, sense)


def truth(one: RandomMip) -> Fraction | None:
    """The optimum in exact rationals, None when there is no feasible point."""
    exact = [[Fraction(v) for v in part] for part in (one.costs, one.shares, one.sides, one.upper)]
    costs, shares, sides, upper = exact
    rows = [[Fraction(v) for v in row] for row in one.rows]
    slopes = [[Fraction(v) for v in row] for row in one.slopes]
    best: Fraction | None = None
    for x in itertools.product((0, 1), repeat=len(costs)):
        left = [
            side - sum(a for a, bit in zip(row, x, strict=True) if bit) for side, row in zip(sides, rows, strict=True)
        ]
        rest = _plane(slopes, left, one.relations, shares, upper, one.sense)
        if rest is None:
            continue
        value = rest + sum(c for c, bit in zip(costs, x, strict=True) if bit)
        if best is None or one.sense * value > one.sense * best:
            best = value
    return best


def _plane(
    slopes: list[list[Fraction]],
    sides: list[Fraction],
    relations: tuple[str, ...],
    shares: list[Fraction],
    upper: list[Fraction],
    sense: int,
) -> Fraction | None:
    """The best of a linear program in at most two variables between 0 and `upper`, by its vertices."""
    k = len(shares)

    def holds(y: tuple[Fraction, ...]) -> bool:
        for slope, side, relation in zip(slopes, sides, relations, strict=True):
            body = sum((b * v for b, v in zip(slope, y, strict=True)), Fraction(0))
            if (relation != ">=" and body > side) or (relation != "<=" and body < side):
                return False
        return all(0 <= v <= most for v, most in zip(y, upper, strict=True))

    points: list[tuple[Fraction, ...]] = []
    if k == 0:
        points = [()]
    elif k == 1:
        lines = [(slope[0], side) for slope, side in zip(slopes, sides, strict=True)] + [(Fraction(1), upper[0])]
        points = [(Fraction(0),), *((side / a,) for a, side in lines if a != 0)]
    else:
        zero, unit = Fraction(0), Fraction(1)
        lines2 = [(*slope, side) for slope, side in zip(slopes, sides, strict=True)]
        lines2 += [(unit, zero, zero), (zero, unit, zero), (unit, zero, upper[0]), (zero, unit, upper[1])]
        for (a, b, p), (c, d, q) in itertools.combinations(lines2, 2):
            determinant = a * d - b * c
            if determinant != 0:
                points.append(((p * d - b * q) / determinant, (a * q - p * c) / determinant))
    values = [sum((c * v for c, v in zip(shares, y, strict=True)), Fraction(0)) for y in points if holds(y)]
    return None if not values else max(values) if sense > 0 else min(values)


def verdict(found: Solution, true: Fraction | None) -> str:
    """One word for an answer: certified, open (nothing is claimed), or what is false about it."""
    if found.quality is Quality.OPTIMAL:
        if true is None:
            return "FALSE: optimal, but infeasible"
        off = abs(Fraction(found.objective or 0.0) - true)
        return "certified" if off <= ALLOWED * abs(true) + Fraction(found.rounding) else "FALSE: optimal"
    if found.termination is Termination.PROVED and found.objective is None:
        return "certified" if true is None else "FALSE: infeasible"
    if true is not None and found.certificate is not None:
        bound = Fraction(found.certificate.bound)
        slack = Fraction(found.certificate.tolerance) * abs(bound)
        if found.sense * (true - bound) > slack + ALLOWED * abs(true):
            return "FALSE: bound"
    return "open"


def answered(one: RandomMip, backend: str, seed: int) -> Solution:
    """What a backend says, alone."""
    return qmectk.solve(one, backend, seed=seed, reference=False, time_limit=20.0)


def main() -> int:
    """Print the counts of each backend; exit 1 when anything is false."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case: a long run can be split")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend", action="append", dest="backends")
    chosen = parser.parse_args()
    counts: dict[str, Counter[str]] = {name: Counter() for name in chosen.backends or ["highs"]}
    seconds: Counter[str] = Counter()
    for case in range(chosen.first, chosen.first + chosen.cases):
        one = drawn(np.random.default_rng([chosen.seed, case]))
        start = time.process_time()
        true = truth(one)
        seconds["truth"] += time.process_time() - start
        for name, counter in counts.items():
            start = time.process_time()
            found = answered(one, name, case)
            seconds[name] += time.process_time() - start
            said = verdict(found, true)
            counter[said] += 1
            if said.startswith("FALSE"):
                shown = None if true is None else float(true)
                print(f"case {case}: {name} {said}: {found.objective}, bound {found.bound}, true {shown}", flush=True)
    for name, counter in counts.items():
        share = counter["certified"] / max(chosen.cases, 1)
        false = sum(number for said, number in counter.items() if said.startswith("FALSE"))
        print(
            f"{name}: {false} false, {share:.2%} certified, {counter['open']} open of {chosen.cases}; {dict(counter)}"
        )
    print("processor seconds: " + ", ".join(f"{name} {spent:.1f}" for name, spent in seconds.items()))
    return int(any(said.startswith("FALSE") for counter in counts.values() for said in counter))


if __name__ == "__main__":
    sys.exit(main())
