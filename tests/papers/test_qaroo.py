"""The package of QAROO: its claims fit its experiments, and what is mathematics comes out."""

from __future__ import annotations

from pathlib import Path

from qmectk_papers.claims import check_claims, read_claims
from qmectk_papers.engine import reproduce
from qmectk_papers.qaroo import PAPER

from .committed import contradicting


def test_every_claim_has_its_experiment() -> None:
    check_claims(read_claims(PAPER.claims), PAPER.experiments)
    assert {name for needs, _ in PAPER.figures.values() for name in needs} <= set(PAPER.experiments)


def test_the_structure_of_the_published_policy(tmp_path: Path) -> None:
    found = reproduce("qaroo", scale="quick", out=tmp_path / "out", only=("structure",))
    words = {one.claim.id: one.word for one in found.verdicts}
    assert not contradicting(found)
    assert words["theta-no-gradient"] == words["attention-linear"] == "reproduced"
    assert found.tables["structure"]["input_gradient"].min() > 0.1  # the data's angles do have a gradient
