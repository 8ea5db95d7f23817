"""Parts of a row in fractions: what their values span, how large they are, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..language.atoms import Array
from .deferred import Deferred

#: Whole numbers below this are added without rounding.
LARGEST_WHOLE = 2.0**53


#: The kind of result that is the size of a part; the other two are its spans, in fractions (True) or not (False).
SIZE = None


class Part(Deferred):
    """A part of a row.

    Parameters
    ----------
    span
        ``span(exact, *spans of the parts)``: its least and its largest value, object arrays of fractions when `exact`,
        floating-point numbers otherwise. Continuous variables may give way by what solvers round.
    size
        ``size(part, *sizes of the parts)``: what neither a term of it nor their sum is larger than, element by element.
        Whole numbers that are added without rounding count as one term.
    whole, free
        Whether it holds whole variables, and continuous ones.
    decimal
        Whether a number that is not whole stands in it, other than before a continuous variable.
    """

    __slots__ = ("decimal", "free", "sized", "spanned", "whole")

    def __init__(
        self,
        span: Callable[..., tuple[Any, Any]],
        size: Callable[..., Any],
        *parts: Part,
        whole: bool = False,
        free: bool = False,
        decimal: bool = False,
    ) -> None:
        super().__init__(*parts)
        self.spanned, self.sized = span, size
        self.whole, self.free, self.decimal = whole, free, decimal

    def work(self, kind: Any, results: list[Any]) -> Any:
        return self.sized(self, *results) if kind is SIZE else self.spanned(kind, *results)

    def span(self, exact: bool) -> tuple[Any, Any]:
        """Its least and its largest value."""
        found: tuple[Any, Any] = self.result(exact)
        return found

    def size(self) -> Any:
        """What neither a term of it nor their sum is larger than."""
        return self.result(SIZE)


def _sum_of_sizes(part: Part, *sizes: Any) -> Any:
    terms = sum(sizes)
    if part.free or part.decimal:
        return terms
    return np.where(terms < LARGEST_WHOLE, np.abs(part.span(False)[0]), terms)


def both(function: Callable[..., Any], *parts: Part | None, size: Callable[..., Any] = _sum_of_sizes) -> Part | None:
    """A function that grows in each of the parts (or of parts that cannot give way); None where any has no value."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    free = any(part.free for part in known)

    def span(exact: bool, *spans: tuple[Any, Any]) -> tuple[Any, Any]:
        lows, highs = zip(*spans, strict=True)
        low = np.asarray(function(*lows))
        return low, np.asarray(function(*highs)) if free else low

    whole, decimal = any(part.whole for part in known), any(part.decimal for part in known)
    return Part(span, size, *known, whole=whole, free=free, decimal=decimal)


def linear(
    function: Callable[[Any, Any, bool], tuple[Any, Any]],
    part: Part | None,
    size: Callable[[Any], Any],
    numbers: Any = None,
) -> Part | None:
    """A linear function of the ends of a part, with its `numbers`; the two are one object where nothing gives way."""
    if part is None:
        return None
    return Part(
        lambda exact, span: function(span[0], span[1], exact),
        lambda _, below: size(below),
        part,
        whole=part.whole,
        free=part.free,
        decimal=part.decimal or (part.whole and numbers is not None and decimal_in(numbers)),
    )


def each(function: Callable[[Any], Any]) -> Callable[[Any, Any, bool], tuple[Any, Any]]:
    """A function of one value as one of both ends."""

    def ends(low: Any, high: Any, exact: bool) -> tuple[Any, Any]:
        one = function(low)
        return one, one if high is low else function(high)

    return ends


def decimal_in(array: Array) -> bool:
    """Whether a number that is not whole is among these."""
    return bool(np.any(np.asarray(array) % 1.0 != 0.0))


__all__ = ["LARGEST_WHOLE", "Part", "both", "decimal_in", "each", "linear"]
