"""Certified references as plain values, so that they can be stored and sent to workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..certificate import Certificate
from ..solution import Solution
from ..status import Quality, Termination


def as_solution(kept: Mapping[str, Any]) -> Solution:
    """The reference as the Solution that judging an answer takes."""
    stated = kept["certificate"]
    certificate = Certificate(
        float(stated["bound"]), str(stated["kind"]), str(stated["source"]), float(stated["tolerance"])
    )
    return Solution(
        problem="",
        backend=str(kept["backend"]),
        options={},
        seed=0,
        termination=Termination.PROVED if kept["proved"] else Termination.BUDGET,
        quality=Quality.OPTIMAL if kept["proved"] else Quality.FEASIBLE,
        objective=kept["objective"],
        unit="",
        sense=1,
        violation=kept.get("violation"),
        certificate=certificate,
        values=None,
        seconds=float(kept["seconds"]),
        route=[],
        info={"via": kept["via"]},
        rounding=float(kept.get("rounding") or 0.0),
    )
