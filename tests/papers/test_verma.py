"""The package of Verma's paper: its claims fit its experiments, and the printed equations do what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmectk_papers.claims import check_claims, read_claims
from qmectk_papers.engine import reproduce
from qmectk_papers.running import Runner
from qmectk_papers.verma import PAPER

from .committed import contradicting


def test_every_claim_has_its_experiment() -> None:
    check_claims(read_claims(PAPER.claims), PAPER.experiments)
    assert {name for needs, _ in PAPER.figures.values() for name in needs} <= set(PAPER.experiments)


def test_printed_equations_collapse(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A fifth of the quick form's slots: what is printed collapses within a few of them."""
    monkeypatch.setattr(Runner, "pick", lambda self, quick, default, full: {300: 60}.get(quick, quick))
    found = reproduce("verma", scale="quick", out=tmp_path / "out", only=("printed",))
    words = {one.claim.id: one.word for one in found.verdicts}
    assert not contradicting(found)
    assert words["collapse"] == "reproduced"
    assert words["quantum-speed-up"] == "untestable"
    assert words["throughput-rises"] == "undecided"  # its experiment was not run
    table = found.tables["printed"]
    assert table[table["V"] == 1]["power"].gt(0.99).all()  # it sends all the time
