"""The paper by Xu et al.: its claims can be read, and cheap experiments say what the exact optimum says."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmectk_papers.claims import check_claims, read_claims
from qmectk_papers.engine import paper, papers, reproduce
from qmectk_papers.running import Runner
from qmectk_papers.xu import experiments

from .committed import contradicting


def test_every_claim_has_its_experiment_and_every_figure_its_tables() -> None:
    made = paper("xu")
    assert "xu" in papers()
    claims = read_claims(made.claims)
    check_claims(claims, made.experiments)
    assert set(made.experiments) <= {claim.experiment for claim in claims}
    assert {name for needs, _ in made.figures.values() for name in needs} == set(made.experiments)
    places = " ".join(claim.place for claim in claims)
    assert all(f"Fig. {n}" in places or f"Figs. {n}" in places for n in (4, 5, 6, 7, 8, 9))


def test_the_optimum_uses_no_qpu_as_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Runner, "pick", lambda self, quick, default, full: min(quick, 3))
    monkeypatch.setattr(experiments, "READINGS", {k: experiments.READINGS[k] for k in ("published", "calibrated")})
    found = reproduce("xu", scale="quick", only=("settings",), out=tmp_path)
    words = {one.claim.id: one.word for one in found.verdicts}
    assert words["an-assignment"] == "reproduced"
    assert words["thirty-percent-greedy"] == "undecided"  # its experiment was not run
    assert words["np-hard"] == "untestable"
    assert (tmp_path / "figures" / "modes.png").stat().st_size > 1000
    assert not contradicting(found)
    table = found.tables["settings"]
    assert (table.loc[table["setting"] == "published", "qpu"] == 0).all()
