"""An expression of the language: a reading's payload with Python's operators on it.

The operators are the same whatever the reading, so ``L * (1 - x)`` is always element by element; no
target's own convention (CVXPY's ``*`` is a matrix product) leaks into a declaration.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NotExpressible
from .operations import Operations


class Expression:
    """A value of the language, scalar or one-dimensional."""

    # numpy must hand `array * expression` to us instead of looping over the array's elements
    __array_ufunc__ = None
    __slots__ = ("language", "payload", "size")

    def __init__(self, language: Operations, payload: Any, size: int | None) -> None:
        self.language = language
        self.payload = payload
        self.size = size  #: None for a scalar

    def __add__(self, other: Any) -> Expression:
        other = lift(self.language, other)
        size = _size(self.size, other.size)  # first, so that its sentence comes before whatever a target would say
        return Expression(self.language, self.language.add(self.payload, other.payload), size)

    __radd__ = __add__

    def __neg__(self) -> Expression:
        return Expression(self.language, self.language.scale(_MINUS, self.payload), self.size)

    def __sub__(self, other: Any) -> Expression:
        return self + (-lift(self.language, other))

    def __rsub__(self, other: Any) -> Expression:
        return lift(self.language, other) + (-self)

    def __mul__(self, other: Any) -> Expression:
        if isinstance(other, Expression):
            size = _size(self.size, other.size)
            return Expression(self.language, self.language.multiply(self.payload, other.payload), size)
        array = np.asarray(other, dtype=float)
        if array.ndim > 1 and not self.language.batched:
            raise NotExpressible("'*' takes numbers and vectors, element by element; write matrix @ x for a product")
        size = _size(self.size, self.language.elements(array))
        return Expression(self.language, self.language.scale(array, self.payload), size)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Expression:
        if isinstance(other, Expression):
            raise NotExpressible("the language divides by numbers only")
        return self * (1.0 / np.asarray(other, dtype=float))

    def __rmatmul__(self, matrix: Any) -> Expression:
        matrix = np.asarray(matrix, dtype=float)
        rows = matrix.shape[0] if matrix.ndim == 2 else None
        if matrix.shape[-1] != (self.size or 1) and not self.language.batched:
            raise NotExpressible(f"a matrix of {matrix.shape[-1]} columns times a vector of {self.size or 1} elements")
        return Expression(self.language, self.language.matmul(np.atleast_2d(matrix), self.payload, rows is None), rows)

    def __getitem__(self, key: Any) -> Expression:
        size = None if isinstance(key, (int, np.integer)) else len(np.arange(self.size or 1)[key])
        return Expression(self.language, self.language.index(self.payload, key), size)

    def __len__(self) -> int:
        if self.size is None:
            raise TypeError("a scalar expression has no length")
        return self.size

    def __bool__(self) -> bool:
        raise NotExpressible("an expression has no truth value", "state constraints with m.le, m.ge or m.eq")


def lift(language: Operations, value: Any) -> Expression:
    """An expression from a number or a vector; expressions pass unchanged."""
    if isinstance(value, Expression):
        return value
    array = np.asarray(value, dtype=float)
    if array.ndim > 1 and not language.batched:
        raise NotExpressible("constants are numbers or vectors")
    return Expression(language, language.constant(array), language.elements(array))


_MINUS = np.asarray(-1.0)


def _size(left: int | None, right: int | None) -> int | None:
    if left is None:
        return right
    if right is None or right == left:
        return left
    raise NotExpressible(f"vectors of {left} and {right} elements do not combine")
