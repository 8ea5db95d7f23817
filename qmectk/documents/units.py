"""Quantities at the boundary: "2 MHz" in a file, 2e6 in the code. Inside everything is SI."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from pydantic import BeforeValidator, WithJsonSchema

from ..presenting.quoting import shown


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None)


#: Most characters of a number with its unit.
LONGEST = 100

_QUANTITY = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.+)", re.ASCII)

#: Powers of ten before a unit. What has one of these before one of `PLAIN` is multiplied here as pint multiplies it:
#: pint, which takes a second to be imported and to read its units, is for everything else.
_PREFIXES = {"G": 1e9, "M": 1e6, "k": 1e3, "": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}

#: Units before which no prefix makes another word of them, as "min" is none of inches.
PLAIN = frozenset({"Hz", "W", "bit", "m", "s"})

#: One factor of a unit: how it goes on, a name, and a power of at most two digits ("/ s^2").
_FACTOR = re.compile(r"(?:\s*([*/])\s*|\s+|^)([^\W\d]+|%)(?:(?:\^|\*\*)([-+]?\d{1,2})(?!\d))?")


@lru_cache(maxsize=1000)
def _unit(text: str) -> Any:
    """A product of units with whole powers, as pint has it; pint itself would calculate what stands there.

    Raises
    ------
    ValueError
        When the text is no such product, or has an unknown unit.
    """
    import pint
    from pint.util import UnitsContainer

    powers: dict[str, int] = {}
    place = 0
    while place < len(text):
        factor = _FACTOR.match(text, place)
        if factor is None or (place == 0 and factor[1]):
            raise ValueError(text)
        try:
            name = _registry().get_name(factor[2])
        except (pint.PintError, AssertionError) as error:
            raise ValueError(text) from error
        if not name:
            raise ValueError(text)
        powers[name] = powers.get(name, 0) + int(factor[3] or 1) * (-1 if factor[1] == "/" else 1)
        place = factor.end()
    return _registry().Unit(UnitsContainer(powers))


def to_si(value: Any, unit: str) -> float:
    """A number, or text such as "2 MHz", as a float in `unit`.

    Raises
    ------
    ValueError
        In one sentence, when the text is no quantity or measures something else.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"expected a number{_of(unit)}, not {type(value).__name__}")
    try:
        return _finite(float(value))
    except OverflowError as error:
        raise ValueError("expected a finite number") from error
    except ValueError as error:
        if not isinstance(value, str) or "finite" in str(error):
            raise
    text = value.strip()
    match = _QUANTITY.fullmatch(text) if len(text) <= LONGEST else None
    if match and unit in PLAIN and match[2].endswith(unit) and (prefix := match[2].removesuffix(unit)) in _PREFIXES:
        return _finite(float(match[1]) * _PREFIXES[prefix])
    import pint

    try:
        if match is None:
            raise ValueError(text)
        quantity = _registry().Quantity(float(match[1]), _unit(match[2]))
    except ValueError as error:
        raise ValueError(f"{shown(value)} is not a number with a unit{_like(unit)}") from error
    try:
        with np.errstate(over="ignore"):  # reported below
            return _finite(float(quantity.to(unit or "").magnitude))
    except pint.DimensionalityError as error:
        wanted = f"'{unit}'" if unit else "no unit"
        raise ValueError(f"{shown(value)} has the wrong unit; this takes {wanted}{_like(unit)}") from error
    except (pint.PintError, ArithmeticError) as error:  # products of temperatures or decibels; 1e5 dB
        raise ValueError(f"{shown(value)} cannot be converted{_like(unit)}") from error


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
