"""Declared problems of any scale, and what they come to in exact rational arithmetic."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

import qmectk


@dataclass(eq=False)
class Linear(qmectk.Instance):
    """optimise c z  s.t.  A z (<=, >=, ==) b, lower <= z <= upper; z are bits, then integers, then continuous ones."""

    c: np.ndarray
    A: np.ndarray
    b: np.ndarray
    relations: list[str]
    lower: np.ndarray
    upper: np.ndarray
    kinds: list[str]
    sense: int
    label: str = "drawn"
    unit: str = "u"
    constant: float = 0.0
    names: dict[str, str] = field(default_factory=dict)

    def declare(self, m: Any) -> None:
        parts: list[tuple[Any, np.ndarray]] = []
        for kind in ("binary", "integer", "continuous"):
            of = np.array([i for i, k in enumerate(self.kinds) if k == kind], dtype=int)
            if len(of):
                name = self.names.get(kind, kind[0])
                var = m.var(name, len(of), lower=self.lower[of], upper=self.upper[of], kind=kind)
                parts.append((var, of))

        def total(row: np.ndarray) -> Any:
            terms = [m.dot(row[of], var) for var, of in parts]
            out = terms[0]
            for term in terms[1:]:
                out = out + term
            return out

        for r, (relation, row, right) in enumerate(zip(self.relations, self.A, self.b, strict=True)):
            {"<=": m.le, ">=": m.ge, "==": m.eq}[relation](total(row), right, self.names.get(f"row {r}", f"row {r}"))
        goal = total(self.c) + self.constant
        (m.maximize if self.sense > 0 else m.minimize)(goal)

    def optimum(self, margin: float = 0.0) -> Fraction | None:
        """The optimal value as a rational number, None when infeasible. All variables are bounded.

        Parameters
        ----------
        margin
            By how much of its largest terms a row is relaxed.
        """
        whole = [i for i, kind in enumerate(self.kinds) if kind != "continuous"]
        rest = [i for i, kind in enumerate(self.kinds) if kind == "continuous"]
        c = [Fraction(float(x)) for x in self.c]
        A, b = self._rows(Fraction(margin))
        best: Fraction | None = None
        ranges = [range(int(np.ceil(self.lower[i])), int(np.floor(self.upper[i])) + 1) for i in whole]
        bounds = [(Fraction(float(self.lower[i])), Fraction(float(self.upper[i]))) for i in rest]
        rows = [[row[i] for i in rest] for row in A]
        for point in itertools.product(*ranges):
            left = [
                right - sum(row[i] * x for i, x in zip(whole, point, strict=True))
                for row, right in zip(A, b, strict=True)
            ]
            got = sum((c[i] * x for i, x in zip(whole, point, strict=True)), Fraction(self.constant))
            value = _best_vertex([c[i] * self.sense for i in rest], rows, left, bounds)
            if value is not None:
                total = got + self.sense * value
                if best is None or self.sense * (total - best) > 0:
                    best = total
        return best

    def _rows(self, margin: Fraction) -> tuple[list[list[Fraction]], list[Fraction]]:
        """All rows as A z <= b."""
        A: list[list[Fraction]] = []
        b: list[Fraction] = []
        size = np.maximum(np.abs(self.lower), np.abs(self.upper))
        for row, right, relation in zip(self.A, self.b, self.relations, strict=True):
            exact, end = [Fraction(float(a)) for a in row], Fraction(float(right))
            room = margin * Fraction(float(np.abs(row) @ size + abs(right)))
            if relation in ("<=", "=="):
                A.append(exact)
                b.append(end + room)
            if relation in (">=", "=="):
                A.append([-a for a in exact])
                b.append(room - end)
        return A, b


def _best_vertex(
    c: list[Fraction], A: list[list[Fraction]], b: list[Fraction], bounds: list[tuple[Fraction, Fraction]]
) -> Fraction | None:
    """The largest c x with A x <= b within bounds, None when there is no such x; x has a handful of elements."""
    n = len(c)
    planes = [(row, right) for row, right in zip(A, b, strict=True) if any(row)]
    for i, ends in enumerate(bounds):
        unit = [Fraction(int(i == j)) for j in range(n)]
        planes += [(unit, end) for end in dict.fromkeys(ends)]
    best: Fraction | None = None
    for some in itertools.combinations(planes, n):
        x = _solved([row for row, _ in some], [right for _, right in some])
        if x is None or any(not low <= v <= high for v, (low, high) in zip(x, bounds, strict=True)):
            continue
        if all(
            sum((a * v for a, v in zip(row, x, strict=True)), Fraction(0)) <= right
            for row, right in zip(A, b, strict=True)
        ):
            value = sum((ci * xi for ci, xi in zip(c, x, strict=True)), Fraction(0))
            best = value if best is None else max(best, value)
    return best


def _solved(A: list[list[Fraction]], b: list[Fraction]) -> list[Fraction] | None:
    """Gauss-Jordan in rationals; None when singular."""
    n = len(A)
    rows = [[*row, right] for row, right in zip(A, b, strict=True)]
    for i in range(n):
        pivot = next((r for r in range(i, n) if rows[r][i]), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for r in range(n):
            if r != i and rows[r][i]:
                factor = rows[r][i]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[i], strict=True)]
    return [row[n] for row in rows]


def _numbers(rng: np.random.Generator, shape: Any, span: float) -> np.ndarray:
    """Numbers whose sizes are spread over so many powers of ten around 1; whole ones when `span` is 0."""
    signs = rng.choice((-1.0, 1.0, 1.0), shape)
    if span == 0.0:
        return np.asarray(signs * rng.integers(0, 10, shape), dtype=float)
    mantissa = rng.integers(1, 10, shape) if rng.random() < 0.7 else rng.uniform(1, 10, shape)
    return np.asarray(signs * mantissa * 10.0 ** np.round(rng.uniform(-span, span, shape)))


def draw_linear(rng: np.random.Generator) -> Linear:
    """A small mixed-integer program with coefficients from 1e-9 to 1e9 and a scale of its own for every row."""
    bits, integers, continuous = int(rng.integers(0, 6)), int(rng.integers(0, 3)), int(rng.integers(0, 3))
    if bits + integers + continuous == 0:
        bits = 2
    kinds = ["binary"] * bits + ["integer"] * integers + ["continuous"] * continuous
    n, rows = len(kinds), int(rng.integers(0, 4))
    span = float(rng.choice((0.0, 0.0, 1.0, 3.0, 6.0, 9.0)))
    scale = 10.0 ** rng.integers(-12, 13, rows + 1) if rng.random() < 0.6 else np.ones(rows + 1)
    A = _numbers(rng, (rows, n), span) * scale[:rows, None]
    A[rng.random((rows, n)) < 0.2] = 0.0
    lower = np.where(rng.random(n) < 0.3, -rng.integers(0, 4, n), 0).astype(float)
    upper = lower + rng.integers(0, 4, n)
    ends = np.array([kind == "binary" for kind in kinds])
    lower[ends], upper[ends] = 0.0, 1.0
    at = np.array([rng.integers(lo, hi + 1) for lo, hi in zip(lower.astype(int), upper.astype(int), strict=True)])
    relations = [str(rng.choice(("<=", ">=", "=="), p=(0.6, 0.3, 0.1))) for _ in range(rows)]
    exact = [sum(Fraction(float(a)) * int(x) for a, x in zip(row, at, strict=True)) for row in A]
    right = np.array([float(value) for value in exact])  # a point is on the row, up to the rounding of its right side
    loose = np.where([relation == "<=" for relation in relations], 1, -1) * np.abs(A).sum(axis=1)
    right += np.where([relation == "==" for relation in relations], 0.0, loose * rng.choice((0, 0, 0.3, -0.2), rows))
    c = _numbers(rng, n, float(rng.choice((0.0, 1.0, 3.0, 9.0)))) * scale[-1]
    if rng.random() < 0.05:
        c[:] = 0.0
    return Linear(c, A, right, relations, lower, upper, kinds, int(rng.choice((-1, 1))))


@dataclass(eq=False)
class Curved(qmectk.Instance):
    """A small convex problem, with or without bits: the language's functions with coefficients of any scale."""

    gain: np.ndarray
    weight: np.ndarray
    capacity: float
    form: str
    bits: bool
    label: str = "curved"
    unit: str = "u"

    def declare(self, m: Any) -> None:
        n = len(self.gain)
        y = m.var("y", n, upper=self.capacity / self.weight)
        x = m.var("x", n, kind="binary") if self.bits else None
        m.le(m.dot(self.weight, y), self.capacity, "capacity")
        if x is not None:
            m.le(y, (self.capacity / self.weight) * x, "only where on")
            m.le(m.sum(x), max(1, n // 2), "few")
        if self.form == "log":
            m.maximize(m.sum(self.gain * m.log1p(y)))
        elif self.form == "root":
            m.maximize(m.sum(self.gain * m.power(y, 0.5)))
        elif self.form == "square":
            m.minimize(m.sum(m.square(self.gain * y - self.gain * self.capacity / self.weight / 3)))
        else:
            m.minimize(m.sum(self.gain * m.power(y, 3)) - m.dot(self.gain, y))


def draw_curved(rng: np.random.Generator) -> Curved:
    """One of them."""
    n = int(rng.integers(1, 5))
    size = 10.0 ** float(rng.integers(-9, 10))
    gain = np.abs(_numbers(rng, n, float(rng.choice((1.0, 1.0, 3.0))))) * size
    weight = np.abs(_numbers(rng, n, float(rng.choice((1.0, 3.0)))))
    form = str(rng.choice(("log", "root", "square", "cube")))
    capacity = float(10.0 ** rng.integers(-4, 5))
    return Curved(gain, weight, capacity, form, bool(rng.random() < 0.5))


def odd(rng: np.random.Generator) -> Iterator[Any]:
    """A linear problem in which one thing is not as it should be, as (what, instance)."""
    made = draw_linear(rng)
    n, rows = len(made.c), len(made.b)
    what = int(rng.integers(12))
    bad = float(rng.choice((np.nan, np.inf, -np.inf, 1e308, 5e-324, 1e200)))
    if what == 0:
        made.c[int(rng.integers(n))] = bad
    elif what == 1 and rows:
        made.A[int(rng.integers(rows)), int(rng.integers(n))] = bad
    elif what == 2 and rows:
        made.b[int(rng.integers(rows))] = bad
    elif what == 3:
        made.lower[int(rng.integers(n))] = bad
    elif what == 4:
        made.upper[int(rng.integers(n))] = bad
    elif what == 5:
        made.lower, made.upper = made.upper, made.lower
    elif what == 6:
        made.upper = np.where(np.array(made.kinds) == "binary", made.upper, np.inf)
    elif what == 7:
        made.lower = np.where(np.array(made.kinds) == "binary", made.lower, -np.inf)
    elif what == 8:
        made.names = {f"row {r}": "the same" for r in range(rows)}
    elif what == 9:
        words = (
            "",
            " ",
            "x" * 500,
            "\x1b[31m",
            "a b",
            "objective",
            "\ud800",
            "é",
            "a.b[0]",
            "if",
            "1",
            "\n",
            "x_0",
            "%s",
        )
        made.names = {key: str(rng.choice(words)) for key in ("binary", "integer", "continuous", "row 0")}
    elif what == 10:
        made.constant = bad
    else:
        made.label, made.unit = "\x1b[2J\ud800", "\x07"
    yield what, made
