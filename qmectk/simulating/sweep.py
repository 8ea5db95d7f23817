"""The same path under several values of one key: V, most often."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..problem import Problem
from .api import simulate
from .result import Simulation


def sweep(
    target: str | Path | Problem, backend: str | None = None, *, key: str = "V", values: Sequence[Any], **options: Any
) -> list[Simulation]:
    """One simulation a value; all see the same arrivals and channels. `options` are those of :func:`simulate`."""
    settings = dict(options.pop("settings", None) or {})
    return [simulate(target, backend, settings={**settings, key: value}, **options) for value in values]
