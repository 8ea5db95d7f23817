"""Numbers, shares, times and arrays in a few characters that people read."""

from __future__ import annotations

import math
from typing import Any

#: Numbers of an array shown before the rest is only counted.
SHOWN = 12

#: Distances from 1 below which a ratio is written as that distance, and below which certificates leave it open.
NEAR, LEAST_AWAY = 0.01, 1e-9


def number(value: Any, digits: int = 6) -> str:
    """A number in a few significant digits."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "0" if value == 0.0 else f"{value:.{digits}g}"
    return str(value)


def percent(value: float | None, digits: int = 3) -> str:
    """A share as percent; tiny ones say so instead of printing noise."""
    if value is None:
        return "unknown"
    if not math.isfinite(value):
        return "infinite"
    return "0 %" if value == 0.0 else "under 1e-7 %" if abs(value) < 1e-9 else f"{100 * value:.{digits}g} %"


def ratio(value: float) -> str:
    """A ratio to an optimum; near 1, where its digits say little, also how far it is from there.

    >>> ratio(0.9915), ratio(0.99997131), ratio(1.0)
    ('0.991500 (1 - 8.5e-03)', '0.999971 (1 - 2.9e-05)', '1.000000')
    """
    away = abs(value - 1.0)
    apart = f" (1 {'-' if value < 1.0 else '+'} {away:.1e})" if LEAST_AWAY < away < NEAR else ""
    return f"{value:.6f}{apart}"


def seconds(value: float) -> str:
    """A duration in a readable unit."""
    if value < 1e-3:
        return f"{1e6 * value:.3g} us"
    if value < 1.0:
        return f"{1e3 * value:.3g} ms"
    return f"{value:.3g} s" if value < 120 else f"{value / 60:.3g} min"


def values(value: Any) -> str:
    """A variable's value; long arrays are cut with a count."""
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        items = value.tolist() if hasattr(value, "tolist") else value
        if not isinstance(items, list):
            return number(items, 4)
        shown = "  ".join(_element(item) for item in items[:SHOWN])
        return shown if len(items) <= SHOWN else f"{shown}  ... ({len(items)} numbers)"
    return number(value, 4)


def _element(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else number(value, 4)


def words(data: dict[str, Any]) -> str:
    """Plain facts as ``name value, name value``; structures are left out."""
    shown = []
    for key, value in data.items():
        if isinstance(value, (str, int, float)):
            text = seconds(value) if key == "seconds" and isinstance(value, float) else number(value, 5)
            shown.append(f"{key.replace('_', ' ')} {text}")
    return ", ".join(shown)
