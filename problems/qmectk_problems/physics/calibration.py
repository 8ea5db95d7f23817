"""What a calibration of a quantum computer says of its qubits: medians over a snapshot as Qiskit writes them.

The file is the JSON of IBM's backend properties, which ``json.dump(backend.properties().to_dict(), file, default=str)``
writes, and which the fake backends of qiskit-ibm-runtime ship
(``qiskit_ibm_runtime/fake_provider/backends/sherbrooke/props_sherbrooke.json``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

#: Seconds in the units of such files.
UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}

#: Names of one-qubit gates that are pulses, and of two-qubit gates.
ONE, TWO = ("sx", "x", "u2", "u3"), ("ecr", "cz", "cx", "iswap", "rzz")


def read_calibration(path: Path) -> dict[str, float]:
    """Coherence time (the shorter of T1 and T2), duration of one- and two-qubit gates and of a measurement [s].

    Raises
    ------
    ValueError
        When the file cannot be read or does not say one of them.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        qubits = [{str(item["name"]): _seconds(item) for item in qubit} for qubit in found["qubits"]]
        gates = [
            (str(gate["gate"]), _seconds(item))
            for gate in found["gates"]
            for item in gate["parameters"]
            if item["name"] == "gate_length"
        ]
    except OSError as error:
        raise ValueError(f"the calibration {path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} holds no calibration as Qiskit writes it (qubits and gates in JSON)") from error
    lived = [min(one[t] for t in ("T1", "T2") if one.get(t)) for one in qubits if one.get("T1") or one.get("T2")]
    return {
        "coherence_time": _median(lived, "T1 or T2 of qubits", path),
        "one": _median((s for name, s in gates if name in ONE), f"length of a gate {', '.join(ONE)}", path),
        "two": _median((s for name, s in gates if name in TWO), f"length of a gate {', '.join(TWO)}", path),
        "measure": _median((q.get("readout_length", 0.0) for q in qubits), "readout_length of qubits", path),
    }


def _seconds(item: dict[str, Any]) -> float:
    """A duration in seconds; 0 for what is none."""
    return float(item["value"]) * UNITS.get(str(item.get("unit", "")), 0.0)


def _median(values: Iterable[float], what: str, path: Path) -> float:
    there = [value for value in values if value > 0.0]
    if not there:
        raise ValueError(f"the calibration {path} does not say any {what}")
    return median(there)
