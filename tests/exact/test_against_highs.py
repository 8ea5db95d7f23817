"""``dual`` and ``highs`` share no code: outer approximation confirms the Lagrangian optimum to its own tolerance."""

from __future__ import annotations

import pytest

import qmectk
from qmectk.documents import parse


@pytest.mark.parametrize("devices", [10, 20])
def test_outer_approximation_agrees(devices):
    problem = parse(f"problem: p1\nseed: 5\ndevices: {devices}\n")
    dual = qmectk.solve(problem, "dual")
    outer = qmectk.solve(problem, "highs", reference=False)
    assert dual.termination == outer.termination == qmectk.Termination.PROVED
    assert outer.objective == pytest.approx(dual.objective, rel=2e-6)
    assert outer.bound >= dual.objective * (1 - 1e-6)
    assert dual.bound >= outer.objective * (1 - 1e-12)
    assert not dual.faults
    assert not outer.faults


def test_exact_chooses_dual_and_says_so():
    problem = parse("problem: p1\ndevices: 30\n")
    assert qmectk.solve(problem, "exact").info["via"] == "dual"
