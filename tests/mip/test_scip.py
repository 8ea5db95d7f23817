"""What SCIP itself raises is no crash of the backend: it ends without a proof, and keeps what was found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk import Instance, Quality, Termination

pyscipopt = pytest.importorskip("pyscipopt")
pytest.importorskip("highspy")


class Knapsack(Instance):
    def declare(self, m: Any) -> None:
        x = m.var("x", 3, kind="binary")
        m.le(m.dot(np.array([2.0, 3.0, 4.0]), x), 6.0, "room")
        m.maximize(m.dot(np.array([3.0, 4.0, 5.0]), x))


class Square(Instance):
    """SCIP 10's simplex method gives up on its cuts, whose entries reach 1e10."""

    def declare(self, m: Any) -> None:
        y = m.var("y", upper=10_000.0 / 9.0)
        m.le(9.0 * y, 10_000.0, "capacity")
        m.minimize(m.square(1329.5977002482748 * y - 1329.5977002482748 * 10_000.0 / 27.0))


def test_an_lp_that_it_cannot_solve() -> None:
    found = qmectk.solve(Square(), "scip", reference=False)
    assert not found.faults
    assert found.feasible


@pytest.mark.parametrize("place", ["optimize", "addCons", "addVar"])
def test_what_it_raises_is_said_in_one_sentence(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any, *arguments: Any, **keywords: Any) -> None:
        if place == "optimize":
            usual(self)
        raise Exception("SCIP: error in LP solver!")  # as PySCIPOpt does

    usual = pyscipopt.Model.optimize
    monkeypatch.setattr(pyscipopt, "Model", type("Model", (pyscipopt.Model,), {place: broken}))
    monkeypatch.setattr("qmectk_mip.proof.FEW", -1)  # else so small a model is proved without SCIP
    found = qmectk.solve(Knapsack(), "scip", reference=False)
    assert not found.faults
    assert found.certificate is None
    assert found.quality is not Quality.OPTIMAL
    assert found.termination is Termination.CONVERGED
    assert "SCIP stopped with status 'error in LP solver'" in found.message
    if place == "optimize":
        assert found.objective == 8.0


def test_other_errors_are_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(pyscipopt, "Model", type("Model", (pyscipopt.Model,), {"optimize": broken}))
    assert "ValueError: a bug" in qmectk.solve(Knapsack(), "scip", reference=False).faults[0]
