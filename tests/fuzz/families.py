"""Small valid problem files of every shipped family, and the keys that their schemas know."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel

from qmectk.plugins import registry

FILES: dict[str, dict[str, Any]] = {
    "p1": {
        "problem": "p1",
        "seed": 3,
        "devices": 3,
        "frames": 2,
        "training_frames": 0,
        "weights": "[1, 1.5, 1]",
        "constants": {"power": "3 W", "bandwidth": "2 MHz", "noise": "1e-10 W", "overhead": 1.1},
        "channel": {"model": "rayleigh", "distance": {"between": "[2.5 m, 5.2 m]"}},
    },
    "drift": {
        "problem": "drift",
        "seed": 1,
        "devices": 3,
        "servers": 2,
        "frames": 2,
        "training_frames": 0,
        "slot": "1 ms",
        "arrivals": "[5, 2, 1]",
        "radio": {"bandwidth": "20 MHz", "power": "0.1 W", "noise": "1e-9 W"},
        "V": 100,
        "weights": {"throughput": 0, "power": 1},
        "one_server": "false",
        "local": {"service": "false", "cpu": "1 GHz"},
        "backlog": {"between": "[0, 30]"},
    },
    "meqc": {
        "problem": "meqc",
        "preset": "calibrated",
        "seed": 0,
        "frames": 2,
        "training_frames": 0,
        "users": 3,
        "servers": 2,
        "weights": {"time": 0.5, "energy": 0.5},
        "sharing": "none",
        "hardware": {"coherence_time": "2 ms"},
    },
    "meqc-ye": {
        "problem": "meqc-ye",
        "preset": "calibrated",
        "seed": 0,
        "frames": 2,
        "training_frames": 0,
        "devices": 3,
        "V": 0.1,
        "Delta": 0.7,
        "size": "MB",
        "motion": {"radius": "50 m", "memory": 0.8},
        "hardware": {"coherence_time": "2 ms"},
    },
    "attention": {
        "problem": "attention",
        "seed": 0,
        "frames": 2,
        "variant": "published",
        "k": 3,
        "l1": 1,
        "l2": 1,
        "blocks": {"model": "generator", "kind": "abs-normal", "n": 12, "d": 1},
    },
}


@cache
def keys(family: str) -> list[tuple[str, ...]]:
    """Paths of all keys that a family's files may have."""
    return sorted(set(_keys(registry().problem(family).Params)))


def _keys(model: type[BaseModel]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, field in model.model_fields.items():
        found.append((name,))
        for inner in models_in(field.annotation):
            found += [(name, *path) for path in _keys(inner)]
    return found


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The pydantic models within an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in models_in(part)]
