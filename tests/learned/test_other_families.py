"""The training loop asks for a Binary view and nothing else: families other than P1, with proven optima for labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qmectk
from qmectk.documents import parse

ATTENTION = "{problem: attention, frames: 10, training_frames: 200, k: 2, blocks: {kind: abs-normal, n: 6, d: 1}}"


def family(name: str) -> Any:
    if name == "attention":
        return parse(ATTENTION)
    return qmectk.load(name, frames=10, training_frames=200)


@pytest.mark.parametrize("name", ["meqc", "meqc-ye", "attention"])
def test_a_policy_of_another_family_learns_from_proven_optima_and_is_used(name: str, tmp_path: Any) -> None:
    problem = family(name)
    rows: list[Any] = []
    options = {"labels": "certified", "adaptive": False}
    policy = qmectk.train(problem, "droo", options=options, out=tmp_path / "a.policy", observe=rows.append)
    training = policy.facts["training"]
    assert training["labels_proved"] == training["labels_asked"] == 200
    assert training["labels_seconds"] > 0.0
    losses = policy.to_pandas()["loss"]
    assert losses.tail(5).mean() < losses.head(5).mean()
    found = qmectk.solve(problem, "droo", options={"policy": str(tmp_path / "a.policy")}, floors=True)
    assert found.feasible
    assert (found.sense * (1.0 - found.ratios) >= -1e-9).all()
    untaught = qmectk.solve(problem, "random", options={"samples": 1}).ratios
    assert np.abs(found.ratios - 1.0).mean() < np.abs(untaught - 1.0).mean()
    floors = {floor.backend: floor for floor in found.floors}
    assert set(floors) == {"local-only", "offload-all", "fixed-m"}
    assert {one["backend"]: one["mean_ratio"] for one in policy.facts["floors"]}.keys() == floors.keys()
    assert all(0.0 < row["ratio"] <= 1.0 + 1e-9 for row in rows if row["ratio"] is not None)
