"""Verdicts that are committed with the documentation, beside those of a run."""

from __future__ import annotations

import json
from pathlib import Path

from qmectk_papers.engine import Reproduction

FOLDER = Path(__file__).parents[2] / "docs" / "papers"


def contradicting(found: Reproduction) -> list[str]:
    """Claims that the committed run reproduces and this one contradicts, or the other way round."""
    reported = json.loads((FOLDER / found.paper.name / "verdicts.json").read_text())
    known = {one["id"]: one["verdict"] for one in reported["claims"]}
    decided = {"reproduced", "contradicted"}
    return [v.claim.id for v in found.verdicts if {v.word, known.get(v.claim.id)} == decided]
