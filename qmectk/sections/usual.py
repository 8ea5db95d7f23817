"""What a number of a field usually is: a slip in a unit ("2 mHz" for 2 MHz) is valid, and a million times off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel


@dataclass(frozen=True)
class Usual:
    """Annotation of a number: from where to where it may be without a question. Wide: it is for slips in units.

    ``bandwidth: Annotated[Hertz, Usual(1e3, 1e12, "Hz")]``; a value outside is used, and a warning names it. Zero is
    never in doubt, and the first `Usual` of nested annotations counts.
    """

    low: float
    high: float
    unit: str = ""


def doubts(model: BaseModel, above: str = "") -> list[str]:
    """One sentence for every number in a model, and in the models within it, that is not :class:`Usual`."""
    found: list[str] = []
    for name, field in type(model).model_fields.items():
        key, value = above + name, getattr(model, name)
        if isinstance(value, BaseModel):
            found += doubts(value, f"{key}.")
            continue
        usual = next(_stated([*reversed(field.metadata), field.annotation]), None)
        odd = [x for x in _numbers(value) if usual and x and not usual.low <= abs(x) <= usual.high]
        if usual and odd:
            unit = f" {usual.unit}" if usual.unit else ""
            found.append(
                f"'{key}' is {odd[0]:g}{unit}, and {usual.low:g} to {usual.high:g}{unit} is usual; is its unit right?"
            )
    return found


def _stated(parts: Sequence[Any]) -> Iterator[Usual]:
    for part in parts:
        if isinstance(part, Usual):
            yield part
        else:
            yield from _stated([*reversed(getattr(part, "__metadata__", ())), *get_args(part)])


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)
