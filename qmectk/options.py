"""Options: frozen dataclasses whose fields are validated and converted from text."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .errors import InputError
from .presenting.names import nearest
from .presenting.quoting import short

#: Most threads of a backend: more than cores there are, and fewer than a system lets a process start.
MOST_THREADS = 256

#: Largest whole number of an option; larger ones fit no integer of numpy or of a solver.
LARGEST = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class NoOptions:
    """For what has nothing to set."""


@dataclasses.dataclass(frozen=True)
class OptionField:
    """One option: its name, stated type, default, a line of help, the kind of part that it names, and the unit of its
    number, if any."""

    name: str
    stated: Any
    default: Any
    help: str
    part: str = ""
    unit: str = ""

    @property
    def type(self) -> Any:
        """The stated type; of an option that names a part, a choice among those that are registered by now."""
        if not self.part:
            return self.stated
        from .plugins import registry

        return typing.Literal[tuple(sorted(registry().parts.get(self.part, ())))]


def option(default: Any, help: str, part: str = "", unit: str = "") -> Any:  # it is called help everywhere else too
    """A dataclass field with its line of help, the kind of :class:`~qmectk.extending.parts.Part` that it names, and the
    unit of its number: text may then state another one ("2 min" where `unit` is "s")."""
    return dataclasses.field(default=default, metadata={"help": help, "part": part, "unit": unit})


@lru_cache(maxsize=256)
def fields_of(options: type) -> tuple[OptionField, ...]:
    """The options a dataclass declares."""
    hints = typing.get_type_hints(options)
    return tuple(
        OptionField(f.name, hints[f.name], f.default, *(f.metadata.get(key, "") for key in ("help", "part", "unit")))
        for f in dataclasses.fields(options)
    )


def convert(name: str, value: Any, kind: Any) -> Any:
    """`value`, possibly text, as `kind` (int, float, bool, str or one of them | None).

    Raises
    ------
    InputError
        When it does not fit, in one sentence.
    """
    allowed = [a for a in typing.get_args(kind) if a is not type(None)] if _is_union(kind) else [kind]
    if _is_union(kind) and (value is None or (isinstance(value, str) and value.lower() in ("none", "null"))):
        return None
    target = allowed[0]
    if typing.get_origin(target) is typing.Literal:
        choices = typing.get_args(target)
        if value in choices:
            return value
        hint = nearest(str(value), map(str, choices))
        raise InputError(
            f"option '{name}' cannot be '{short(value)}'",
            f"did you mean '{hint}'?" if hint else f"choose from {', '.join(map(str, choices))}",
        )
    try:
        if target is bool:
            return _boolean(value)
        if target is int and isinstance(value, (bool, float)):
            raise ValueError(value)
        converted = target(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"option '{name}' takes {_describe(kind)}, not '{short(value)}'") from error
    if isinstance(converted, float) and not math.isfinite(converted):
        raise InputError(f"option '{name}' must be a finite number, not '{short(value)}'")
    if isinstance(converted, int) and abs(converted) > LARGEST:
        raise InputError(f"option '{name}' must be at most {LARGEST}, not '{short(value)}'")
    return converted


def _is_union(kind: Any) -> bool:
    return typing.get_origin(kind) in (typing.Union, types.UnionType)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    text = str(value).lower()
    if text not in known:
        raise ValueError(value)
    return known[text]


def _describe(kind: Any) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    if _is_union(kind):
        return " or ".join("none" if a is type(None) else words.get(a, str(a)) for a in typing.get_args(kind))
    return words.get(kind, str(kind))


def build(options: type, raw: Mapping[str, Any]) -> Any:
    """An options dataclass from raw values; keys it does not know are left to the caller.

    Raises
    ------
    InputError
        When a value does not fit its field, or the dataclass refuses it.
    """
    known = {f.name: f for f in fields_of(options)}
    chosen = {
        name: convert(name, _measured(name, value, known[name].unit), known[name].type)
        for name, value in raw.items()
        if name in known
    }
    try:
        return options(**chosen)
    except (TypeError, ValueError) as error:
        raise InputError(f"these options are refused: {error}") from error


def _measured(name: str, value: Any, unit: str) -> Any:
    """Text with a unit as a number in `unit`; anything else as it is."""
    if not unit or not isinstance(value, str) or not any(letter.isdigit() for letter in value):
        return value
    from .documents.units import to_si

    try:
        return to_si(value, unit)
    except ValueError as error:
        raise InputError(f"option '{name}': {error}") from error


def refuse_unknown(owner: str, raw: Mapping[str, Any], known: list[str]) -> None:
    """Raise for the first key of `raw` that is not in `known`, with the nearest one."""
    for name in raw:
        if name not in known:
            hint = nearest(name, known)
            listing = f"it knows {', '.join(sorted(known))}" if known else "it has no options"
            raise InputError(f"{owner} has no option '{short(name)}'", f"did you mean '{hint}'?" if hint else listing)


def at_least(name: str, value: float, least: float) -> None:
    """Refuse an option below its smallest value."""
    if value < least:
        raise InputError(f"option '{name}' must be at least {least:g}, not {value:g}")


def at_most(name: str, value: float, most: float) -> None:
    """Refuse an option above its largest value."""
    if value > most:
        raise InputError(f"option '{name}' must be at most {most:g}, not {value:g}")


def check_threads(count: int | None) -> None:
    """Refuse an option ``threads`` that starts none, or more than a process may have; None is all cores."""
    if count is not None:
        at_least("threads", count, 1)
        at_most("threads", count, MOST_THREADS)
