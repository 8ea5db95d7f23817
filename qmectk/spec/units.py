"""Quantities at the boundary: "2 MHz" in a file, 2e6 in the code. Inside everything is SI."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BeforeValidator, WithJsonSchema


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None)


#: a number, then a unit of letters, powers and quotients; nothing that could make pint evaluate arithmetic
_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-zµ%][A-Za-zµ/*^0-9 ]{0,30})\s*")


def to_si(value: Any, unit: str) -> float:
    """A number, or text such as "2 MHz", as a float in `unit`.

    Raises
    ------
    ValueError
        In one sentence, when the text is no quantity or measures something else.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"expected a number{_of(unit)}, not {type(value).__name__}")
    if not isinstance(value, str):
        return _finite(float(value))
    try:
        return _finite(float(value))
    except ValueError as error:
        if "finite" in str(error):
            raise
    import pint

    match = _QUANTITY.fullmatch(value)
    if match is None:
        raise ValueError(f"'{value}' is not a number with a unit{_like(unit)}")
    try:
        quantity = _registry().Quantity(float(match[1]), match[2])
    except Exception as error:  # pint raises tokenizer, syntax, undefined-unit and assertion errors
        raise ValueError(f"'{value}' is not a number with a unit{_like(unit)}") from error
    try:
        return _finite(float(quantity.to(unit or "").magnitude))
    except pint.DimensionalityError as error:
        wanted = f"'{unit}'" if unit else "no unit"
        raise ValueError(f"'{value}' has the wrong unit; this takes {wanted}{_like(unit)}") from error


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("expected a finite number")
    return number


def _of(unit: str) -> str:
    return f" in {unit}" if unit else ""


def _like(unit: str) -> str:
    return f" (for example '1 {unit}')" if unit else ""


@dataclass(frozen=True)
class Unit:
    """Annotation: ``Annotated[float, *Unit("Hz").field()]`` is a number in Hz or text with a frequency unit."""

    symbol: str

    def validate(self, value: Any) -> float:
        """Convert one value."""
        return to_si(value, self.symbol)


def quantity(unit: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """What to put behind ``Annotated[float, ...]`` for a quantity in `unit`."""
    described = f"number in {unit}, or text with a unit such as '1 {unit}'" if unit else "number"
    return BeforeValidator(Unit(unit).validate), WithJsonSchema(
        {"type": ["number", "string"], "description": described}
    )
