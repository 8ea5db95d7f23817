"""A policy in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qmectk.presenting.wording import number, ratio, seconds, words

if TYPE_CHECKING:
    from .kept import KeptPolicy

#: Facts of the training that have words of their own.
SAID = ("cached", "training_frames", "training_seconds", "resumed_at")


def rows(kept: KeptPolicy) -> list[tuple[str, str]]:
    """What it is, what it was trained on and with, what it takes, and how well it did: names and texts."""
    facts, training = dict(kept.facts), dict(kept.facts.get("training", {}))
    versions = ", ".join(f"{name} {version}" for name, version in facts.get("versions", {}).items())
    frames, took = training.get("training_frames", "?"), training.get("training_seconds")
    told = ", ".join(f"{name.replace('_', ' ')} {number(v)}" for name, v in training.items() if name not in SAID)
    return [
        ("backend", f"{facts.get('backend', '?')}, options {changed(kept.options)}"),
        ("network", f"{kept.shape.network}, {sum(array.size for array in kept.arrays.values())} numbers"),
        ("trained on", f"{facts.get('problem', '?')}, {frames} frames" + (f" in {seconds(took)}" if took else "")),
        ("unfinished", str(facts.get("unfinished") or "")),
        ("training", told),
        ("with", versions),
        ("takes", kept.contract),
        *(("floor", f"{_ratio(one)}, {one['backend']}{_about(one)}") for one in facts.get("floors") or ()),
        ("at the end", ", ".join(f"{name} {number(value)}" for name, value in kept.end.items())),
    ]


def _ratio(floor: Mapping[str, Any]) -> str:
    return "no mean" if floor["mean_ratio"] is None else f"mean {ratio(floor['mean_ratio'])}"


def _about(floor: Mapping[str, Any]) -> str:
    told = {name: value for name, value in floor.items() if name not in ("backend", "mean_ratio")}
    return f"; {words(told)}" if told else ""


def changed(options: Any) -> str:
    """The options that differ from their defaults."""
    usual = type(options)()
    changed = {name: value for name, value in dataclasses.asdict(options).items() if value != getattr(usual, name)}
    return ", ".join(f"{name}={value}" for name, value in changed.items()) or "as usual"


__all__ = ["changed", "rows"]
