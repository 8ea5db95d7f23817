"""Rows of whole numbers: what a penalty needs to know of them before it may be believed."""

from __future__ import annotations

import numpy as np


def same_bits(whole: list[int], numbers: list[float], allowed: float = 0.0) -> bool:
    """Whether all bits that meet ``numbers.(x, 1) <= 0`` (or == 0), as the core sees it, meet the whole one exactly.

    With whole = factor numbers + errors the left side is a whole number, and off by at most factor times what is
    `allowed` plus the errors: it is met when that is below 1. One half is asked, so that rounding here does not matter.
    """
    if sum(map(abs, whole)) >= 2**52:  # beyond 2^53 a double does not hold every whole number
        return False
    return _factor(whole, numbers) * (allowed + deviation(whole, numbers)) < 0.5


def deviation(whole: list[int], numbers: list[float]) -> float:
    """Most that ``numbers.(x, 1)`` can be off where ``whole.(x, 1)`` is zero, in the unit of the numbers."""
    factor = _factor(whole, numbers)
    return sum(abs(value - factor * number) for value, number in zip(whole, numbers, strict=True)) / factor


def _factor(whole: list[int], numbers: list[float]) -> float:
    """From the numbers to the whole ones, as exact as the largest of them."""
    largest = max(range(len(numbers)), key=lambda i: abs(numbers[i]))
    return whole[largest] / numbers[largest]


def reaches_all(steps: list[int], most: int) -> bool:
    """Whether sums of some of `steps` give every whole number from 0 to `most`.

    >>> reaches_all([1, 2, 3], 6), reaches_all([1, 3], 4)
    (True, False)
    """
    reached = 0
    for step in sorted(steps):
        if step > reached + 1:
            return False
        reached += step
    return reached >= most


def integers(values: list[float], constant: float) -> list[int] | None:
    """The numbers as whole multiples of one number, the smallest such multiples, or None; the last is the constant."""
    numbers = np.array([*values, constant])
    unit = float(np.min(np.abs(numbers[numbers != 0.0])))
    # whole and decimal numbers as they are, others as multiples of the smallest magnitude or of a fraction of it
    for scale in (1.0, 10.0, 100.0, 1000.0, *(divisor / unit for divisor in (1, 2, 3, 4, 5, 6, 8, 10, 12, 16))):
        ratios = numbers * scale
        whole = np.round(ratios)
        if np.abs(whole).max() < 2.0**62 and np.any(whole) and np.allclose(ratios, whole, rtol=0, atol=1e-9):
            return [int(w) for w in whole / np.gcd.reduce(np.abs(whole).astype(np.int64))]
    return None
