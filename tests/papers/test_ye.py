"""The paper by Ye et al.: its claims can be read, and a short run of a cheap experiment gives its verdicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmectk_papers.claims import check_claims, read_claims
from qmectk_papers.engine import paper, reproduce
from qmectk_papers.running import Runner

from .committed import contradicting


def test_every_claim_has_its_experiment_and_every_figure_its_tables() -> None:
    made = paper("ye")
    claims = read_claims(made.claims)
    check_claims(claims, made.experiments)
    drawn = {name for needs, _ in made.figures.values() for name in needs}
    assert drawn == set(made.experiments)
    places = " ".join(claim.place for claim in claims)
    figures = ("Fig. 3(a)", "Fig. 3(b)", "Fig. 3(c)", "Fig. 4", "Fig. 5(a)", "Fig. 5(b)", "Fig. 5(c)", "Fig. 6")
    assert all(name in places for name in (*figures, "Theorem 1", "Theorem 2"))


def test_larger_tasks_cost_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    short = {30: 5, (160, 240, 320): (160, 320)}
    monkeypatch.setattr(Runner, "pick", lambda self, quick, default, full: short.get(quick, quick))
    found = reproduce("ye", scale="quick", only=("sizes",), out=tmp_path)
    words = {one.claim.id: one.word for one in found.verdicts}
    assert words["sizes-grow"] == "reproduced"
    assert words["epochs"] == "untestable"
    assert words["target-dip"] == "undecided"
    assert not contradicting(found)
    assert (tmp_path / "figures" / "fig5b-sizes.png").stat().st_size > 1000
