"""Work that is done where it is asked for, once, and however deep it is nested.

A sum that a declaration adds up in a loop of Python is as deep as it has terms. What it is made of is worked out one
after the other here, where functions that call each other reach Python's limit at a thousand terms.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Deferred(ABC):
    """A result that follows from those of other parts; it may have results of several kinds."""

    __slots__ = ("known", "parts")

    def __init__(self, *parts: Deferred) -> None:
        self.parts = parts
        self.known: dict[Any, Any] = {}  #: kind -> result

    @abstractmethod
    def work(self, kind: Any, results: list[Any]) -> Any:
        """The result of a kind, from the results of this kind of the parts."""

    def result(self, kind: Any = None) -> Any:
        """The result of a kind, worked out when it is asked for first."""
        waiting: list[Deferred] = [] if kind in self.known else [self]
        while waiting:
            part = waiting[-1]
            missing = [below for below in part.parts if kind not in below.known]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if kind not in part.known:  # it may wait twice
                part.known[kind] = part.work(kind, [below.known[kind] for below in part.parts])
        return self.known[kind]


__all__ = ["Deferred"]
