"""What the problem files have in common: their parts, numbers with units, and tagged parts without a tag."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from qmectk.documents.units import quantity
from qmectk.sections.section import Section
from qmectk.sections.usual import Usual

#: Sizes between which any number that is not zero lies: products of four of them, and squares of products of two, are
#: still numbers (1e240 < 1.8e308). The universe in kilogram is 1e53, the Planck time in seconds 5e-44.
SMALLEST, LARGEST = 1e-60, 1e60


def _sized(number: float) -> float:
    if number and not SMALLEST <= abs(number) <= LARGEST:
        raise ValueError(f"must be between {SMALLEST:g} and {LARGEST:g} in size")
    return number


_SIZED = AfterValidator(_sized)

Number = Annotated[float, *quantity(""), _SIZED]
Positive = Annotated[float, *quantity(""), Field(gt=0), _SIZED]
NonNegative = Annotated[float, *quantity(""), Field(ge=0), _SIZED]
Share = Annotated[float, *quantity(""), Field(ge=0, le=1), _SIZED]
#: Exponents of powers of physical quantities: 2 to 6 for path loss, about 3 for the power of a clock.
Exponent = Annotated[float, *quantity(""), Field(gt=0, le=10)]
Hertz = Annotated[float, *quantity("Hz"), Field(gt=0), _SIZED, Usual(100.0, 1e13, "Hz")]
Watt = Annotated[float, *quantity("W"), Field(gt=0), _SIZED, Usual(1e-25, 1e7, "W")]
#: Transmit powers: from a backscattering tag to a radar.
Transmitted = Annotated[Watt, Usual(1e-9, 1e6, "W")]
#: Noise in a band: from 1 Hz at 3 K (4e-23 W) to deafening interference.
Noise = Annotated[Watt, Usual(1e-24, 1.0, "W")]
Metre = Annotated[float, *quantity("m"), Field(gt=0), _SIZED, Usual(1e-3, 1e8, "m")]
Second = Annotated[float, *quantity("s"), Field(gt=0), _SIZED, Usual(1e-12, 1e6, "s")]
Bit = Annotated[float, *quantity("bit"), Field(gt=0), _SIZED, Usual(1.0, 1e15, "bit")]


class Part(Section):
    """A part of a problem file."""


def with_model(data: Any, key: str, usual: str) -> Any:
    """What a file says, with the `model` of its part `key` filled in where it states none.

    A part that names a `path` is read from that file; any other is the `usual` model. For the "before" validators of
    families whose parts are distinguished by `model`, where pydantic would ask for it.

    >>> with_model({"channel": {"path": "gains.csv"}}, "channel", "rayleigh")
    {'channel': {'model': 'file', 'path': 'gains.csv'}}
    """
    part = data.get(key) if isinstance(data, dict) else None
    if not isinstance(part, dict) or "model" in part:
        return data
    return {**data, key: {"model": "file" if "path" in part else usual, **part}}
