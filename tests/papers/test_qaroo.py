"""The package of QAROO: its claims fit its experiments, and what is mathematics comes out."""

from __future__ import annotations

import json
from pathlib import Path

from qmectk_papers.claims import check_claims, read_claims
from qmectk_papers.engine import reproduce
from qmectk_papers.qaroo import PAPER

COMMITTED = Path(__file__).parents[2] / "docs" / "papers" / PAPER.name / "verdicts.json"


def test_every_claim_has_its_experiment() -> None:
    check_claims(read_claims(PAPER.claims), PAPER.experiments)
    assert {name for needs, _ in PAPER.figures.values() for name in needs} <= set(PAPER.experiments)


def test_the_structure_of_the_published_policy(tmp_path: Path) -> None:
    found = reproduce("qaroo", scale="quick", out=tmp_path / "out", only=("structure",))
    words = {one.claim.id: one.word for one in found.verdicts}
    kept = {one["id"]: one["verdict"] for one in json.loads(COMMITTED.read_text())["claims"]}
    assert list(kept) == list(words)
    assert all({kept[name], words[name]} != {"reproduced", "contradicted"} for name in words)
    assert words["theta-no-gradient"] == words["attention-linear"] == "reproduced"
    assert found.tables["structure"]["input_gradient"].min() > 0.1  # the data's angles do have a gradient
