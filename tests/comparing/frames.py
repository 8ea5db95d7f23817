"""Rows of runs for tests that are worked out by hand."""

from __future__ import annotations

from typing import Any


def row(**values: Any) -> dict[str, Any]:
    """A healthy run of a maximisation, 10 % from its bound, with `values` instead."""
    base = {"problem": "p", "instance": "i", "backend": "a", "seed": 0, "sense": 1, "status": "ok"}
    return {**base, "quality": "feasible", "objective": 9.0, "bound": 10.0, **values}


def timed(conversion: float | None, compilation: float | None, solve: float | None, **values: Any) -> dict[str, Any]:
    """The same with its three times in seconds."""
    times = {"conversion_seconds": conversion, "compilation_seconds": compilation, "solve_seconds": solve}
    return row(**times, **values)
