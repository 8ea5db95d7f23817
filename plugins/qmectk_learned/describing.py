"""Options and floors of a policy in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from qmectk.presenting.wording import ratio, words


def floor_in_words(floor: Mapping[str, Any]) -> str:
    """What a floor reached, by which backend, and what else is known of it."""
    mean = "no mean" if floor["mean_ratio"] is None else f"mean {ratio(floor['mean_ratio'])}"
    rest = {name: value for name, value in floor.items() if name not in ("backend", "mean_ratio")}
    return f"{mean}, {floor['backend']}" + (f"; {words(rest)}" if rest else "")


def changed(options: Any) -> str:
    """The options that differ from their defaults."""
    usual = type(options)()
    changed = {name: value for name, value in dataclasses.asdict(options).items() if value != getattr(usual, name)}
    return ", ".join(f"{name}={value}" for name, value in changed.items()) or "as usual"


__all__ = ["changed", "floor_in_words"]
