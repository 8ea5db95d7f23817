"""Zero links, weights, queues and tasks, single devices and servers: `exact` agrees with enumeration everywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

import qmectk
from qmectk.documents import parse

CASES: list[dict[str, Any]] = [
    {"problem": "drift", "devices": 1, "servers": 1, "one_server": True, "V": 0},
    {"problem": "drift", "devices": 2, "servers": 2, "one_server": True, "backlog": {"between": [0, 0]}, "target": 0.0},
    {"problem": "drift", "devices": 2, "servers": 1, "one_server": True, "weights": {"throughput": 0, "power": 0}},
    {"problem": "drift", "devices": 2, "servers": 2, "one_server": True, "mean_gain": 1e-60},
    {"problem": "meqc", "users": 1, "servers": 1, "frames_of_task": [0, 0]},
    {"problem": "meqc", "users": 2, "servers": 2, "weights": {"time": 0, "energy": 0}},
    {"problem": "meqc", "users": 2, "servers": 1, "qubits": [0, 0]},
    {"problem": "meqc", "users": 2, "servers": 2, "gain": [1e-60, 1e-60]},
    {"problem": "meqc-ye", "devices": 1, "V": 0, "backlog": 5},
    {"problem": "meqc-ye", "devices": 2, "result": 0, "qpu_slots": 0},
    {"problem": "meqc-ye", "devices": 2, "weights": {"time": 0, "energy": 0}},
    {"problem": "attention", "k": 0, "l1": 0, "l2": 0, "blocks": {"n": 1, "kind": "relu"}},
    {"problem": "attention", "k": 2, "l1": 0, "l2": 0, "variant": "concave", "blocks": {"n": 4, "d": 2}},
    {"problem": "attention", "k": 4, "variant": "salient", "blocks": {"n": 4, "kind": "relu"}},
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case.values()))[:60])
def test_zeros_have_right_answers(case: dict[str, Any]) -> None:
    one = parse(json.dumps(case)).instances()[0]
    found, enumerated = (qmectk.solve(one, backend, reference=False) for backend in ("exact", "exhaustive"))
    assert found.quality is qmectk.Quality.OPTIMAL
    assert enumerated.feasible
    assert found.objective == pytest.approx(enumerated.objective, rel=2e-6, abs=1e-12)
