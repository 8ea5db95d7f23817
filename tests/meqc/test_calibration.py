"""Hardware numbers from a snapshot of a device, as Qiskit writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import qmectk
from qmectk.errors import InputError


def number(name: str, value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "date": "2025-01-01"}


def snapshot() -> dict[str, Any]:
    """Three qubits; medians: coherence 150 us, gates 60 and 500 ns, readout 1.2 us."""
    times = [(300.0, 150.0), (200.0, 250.0), (100.0, 90.0)]
    qubits = [
        [number("T1", a, "us"), number("T2", b, "us"), number("readout_length", 1200.0, "ns"), number("freq", 5, "GHz")]
        for a, b in times
    ]
    gates = [
        {"gate": gate, "qubits": [0], "parameters": [number("gate_error", 1e-4, ""), number("gate_length", t, "ns")]}
        for gate, t in (("sx", 60.0), ("x", 60.0), ("rz", 0.0), ("ecr", 400.0), ("ecr", 500.0), ("ecr", 600.0))
    ]
    return {"backend_name": "made", "qubits": qubits, "gates": gates}


@pytest.mark.parametrize("family", ["meqc", "meqc-ye"])
def test_the_file_gives_times_and_what_is_stated_stands_above(family: str, tmp_path: Path) -> None:
    path = tmp_path / "props.json"
    path.write_text(json.dumps(snapshot()))
    found: Any = qmectk.load(family, hardware={"calibration": str(path)}).params
    model = found.hardware.model
    assert (model.coherence_time, model.one, model.two) == pytest.approx((150e-6, 60e-9, 500e-9))
    assert (model.measure, model.step) == pytest.approx((1.2e-6, 1.2e-6))
    again: Any = qmectk.load(family, hardware={"calibration": str(path), "coherence_time": 0.01}).params
    assert again.hardware.coherence_time == 0.01
    assert again.hardware.two == found.hardware.two
    # the numbers are the parameters: the file may go, and its content decides the fingerprint
    assert "calibration" not in found.model_dump()["hardware"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("{", "no calibration as Qiskit writes it"),
        ("[]", "no calibration as Qiskit writes it"),
        (json.dumps({**snapshot(), "gates": []}), "does not say any length of a gate"),
        (json.dumps({**snapshot(), "qubits": []}), "does not say any T1 or T2"),
    ],
)
def test_files_that_say_too_little_are_refused(content: str | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "props.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=words):
        qmectk.load("meqc-ye", hardware={"calibration": str(path)})
