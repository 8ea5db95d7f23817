"""What the problem files have in common: their parts, numbers with units, and tagged parts without a tag."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from qmectk.spec.units import quantity

Number = Annotated[float, *quantity("")]
Positive = Annotated[float, *quantity(""), Field(gt=0)]
NonNegative = Annotated[float, *quantity(""), Field(ge=0)]
Share = Annotated[float, *quantity(""), Field(ge=0, le=1)]
Hertz = Annotated[float, *quantity("Hz"), Field(gt=0)]
Watt = Annotated[float, *quantity("W"), Field(gt=0)]
Metre = Annotated[float, *quantity("m"), Field(gt=0)]
Second = Annotated[float, *quantity("s"), Field(gt=0)]
Bit = Annotated[float, *quantity("bit"), Field(gt=0)]


class Part(BaseModel):
    """A part of the file: no unknown keys, no NaN, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def with_model(data: Any, key: str, usual: str) -> Any:
    """What a file says, with the `model` of its part `key` filled in where it states none.

    A part that names a `path` is read from that file; any other is the `usual` model. For the "before" validators of
    families whose parts are told apart by `model`, where pydantic would ask for it.

    >>> with_model({"channel": {"path": "gains.csv"}}, "channel", "rayleigh")
    {'channel': {'model': 'file', 'path': 'gains.csv'}}
    """
    part = data.get(key) if isinstance(data, dict) else None
    if not isinstance(part, dict) or "model" in part:
        return data
    return {**data, key: {"model": "file" if "path" in part else usual, **part}}
