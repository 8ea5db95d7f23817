"""Durations that people state: a number of seconds, or text with a unit of time."""

from __future__ import annotations

from typing import overload

from ..errors import InputError
from .units import to_si


@overload
def in_seconds(limit: None, name: str = "time limit") -> None: ...
@overload
def in_seconds(limit: float | str, name: str = "time limit") -> float: ...
@overload
def in_seconds(limit: float | str | None, name: str = "time limit") -> float | None: ...
def in_seconds(limit: float | str | None, name: str = "time limit") -> float | None:
    """Seconds of 5, "5s" or "2 min"; None stays None, and the caller says which numbers it takes.

    Raises
    ------
    InputError
        For text that is no duration.

    >>> in_seconds("2 min")
    120.0
    """
    if not isinstance(limit, str):
        return limit
    try:
        return to_si(limit, "s")
    except ValueError as error:
        raise InputError(f"{name} must be a number of seconds, or text like '5s': {error}") from error


__all__ = ["in_seconds"]
