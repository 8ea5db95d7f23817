"""What a certified search returns."""

from __future__ import annotations

from dataclasses import dataclass

from .compiled import Bits


@dataclass(frozen=True)
class FactoredResult:
    """Solution and certificate.

    Attributes
    ----------
    bits : (n,) int8
    value : its value, summed afresh; inf where there is none (an impossible cardinality)
    bound : proved lower bound of the optimum
    proved : whether the search was completed
    nodes : nodes of the search; 0 when free blocks settled it
    method : the argument behind the bound
    """

    bits: Bits
    value: float
    bound: float
    proved: bool
    nodes: int
    method: str
