"""Searches that begin at a point that somebody knows: it gets there, it is not believed, and it makes nothing worse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Algebraic, Binary, Budget, Quality, Reply, Termination
from qmectk.documents import parse
from qmectk.errors import InputError

from .fakes import backend, stream

FAMILIES = {
    "p1": ("{problem: p1, devices: 4, frames: 2}", ["exact", "dual", "highs"]),
    "meqc": ("{problem: meqc, users: 3, servers: 2, frames: 2}", ["highs", "scip", "exact"]),
    "attention": (
        "{problem: attention, k: 3, frames: 2, blocks: {n: 10, d: 2, kind: signed}}",
        ["exact", "lowrank-exact", "highs", "scip"],
    ),
}


@pytest.mark.parametrize(
    ("text", "name"), [pytest.param(t, b, id=f"{f}-{b}") for f, (t, bs) in FAMILIES.items() for b in bs]
)
@pytest.mark.parametrize("kind", ["optimum", "poor", "everything"])
def test_the_optimum_is_proved_wherever_the_search_begins(text: str, name: str, kind: str) -> None:
    problem = parse(text)
    known = qmectk.solve(problem, "exact")
    values = {k: np.array(v, dtype=float) for k, v in (known.values or {}).items()}
    binary = [v.name for v in problem.frame(0).signature.variables.values() if v.kind == "binary"]
    for variable in binary:
        if kind == "poor":
            values[variable] = np.roll(values[variable], 1, axis=-1)
        if kind == "everything":
            values[variable] = np.ones_like(values[variable])
    found = qmectk.solve(problem, name, start=known if kind == "optimum" else values, reference=False)
    assert found.quality is Quality.OPTIMAL
    assert not found.faults
    assert found.objective == pytest.approx(known.objective, rel=3e-6)


def test_points_are_handed_over_in_terms_of_the_view() -> None:
    problem = stream(3)
    seen: list[Any] = []

    def solve(view: Any, budget: Budget, rng: np.random.Generator) -> Reply:
        seen.append(budget.start())
        return Reply(None, Termination.CONVERGED)

    known = qmectk.solve(problem, "exact")
    qmectk.solve(problem, backend(solve, accepts=(Algebraic,)), start=known, reference=False)
    for one, answer in zip(seen, known.solutions, strict=True):  # type: ignore[attr-defined]
        np.testing.assert_array_equal(one["x"], answer.values["x"])
    seen.clear()
    qmectk.solve(problem, backend(solve, accepts=(Binary,)), start=known, reference=False)
    assert seen == [None] * 3  # this view does not say how a point becomes one of it
    seen.clear()
    qmectk.solve(problem, backend(solve), reference=False)
    assert seen == [None] * 3


def test_a_start_of_another_problem_is_refused() -> None:
    problem = stream(2)
    with pytest.raises(InputError, match="does not fit"):
        qmectk.solve(problem, start={"x": np.zeros((2, 4))})
    with pytest.raises(InputError, match="does not fit"):
        qmectk.solve(problem, start={"y": np.zeros((2, 3))})
    with pytest.raises(InputError, match="has 3 frames, and 2 are solved"):
        qmectk.solve(problem, start={"x": np.zeros((3, 3))})
    assert qmectk.solve(problem, start={"x": np.zeros(3)}, frame=1).quality is Quality.OPTIMAL


def test_nodes_fall_where_the_optimum_is_known() -> None:
    """Near-identical devices need branching; the incumbent then cuts the tree."""
    problem = parse("{problem: p1, devices: 12, frames: 20, weights: [1,1,1,1,1,1,1,1,1,1,1,1]}")
    cold = qmectk.solve(problem, "dual", reference=False)
    warm = qmectk.solve(problem, "dual", start=cold, reference=False)
    assert warm.info["nodes"] <= cold.info["nodes"]
    assert warm.objective == pytest.approx(cold.objective, rel=1e-9)


def test_a_time_limit_holds_from_wherever_a_search_begins() -> None:
    problem = parse("{problem: p1, devices: 12}")
    known = qmectk.solve(problem, "dual", reference=False)
    for start in (None, known):
        found = qmectk.solve(problem, "dual", start=start, time_limit=60.0, reference=False)
        assert found.quality is Quality.OPTIMAL
