"""Conditions on runs ("backend=sa", "gap<=1 %"), as SQL, and what to say where none can be meant."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...presenting.names import unknown
from ...status import Quality, Termination
from .schema import COLUMNS, STATUSES

if TYPE_CHECKING:
    from .store import Store

#: Headings that tables print, and the columns they stand for.
HEADINGS = {"solve": "solve_seconds"}
#: Values listed of a column where none of them was meant.
LISTED = 20

#: Words that a column may hold and often does not: that no run failed is an answer, and no mistake.
_WORDS = {
    "status": STATUSES,
    "quality": tuple(word.value for word in Quality),
    "termination": tuple(word.value for word in Termination),
}

_CONDITION = re.compile(r"\s*([A-Za-z_]+)\s*(<=|>=|==|!=|=|<|>|~)\s*(.*)", re.DOTALL)
_SECOND = re.compile(r"\s(and|or|&&?|\|\|?)\s+[A-Za-z_]+\s*(<=|>=|!=|=|<|>|~)", re.IGNORECASE)
_PERCENT = re.compile(r"(.*?)\s*%")


def parsed(text: str) -> tuple[str, str, str]:
    """Column, operator and value of a condition.

    Raises
    ------
    InputError
        For an unknown column, with the nearest one, and for text that is no condition.
    """
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise InputError(f"'{text}' is not a condition", "write for example 'backend=sa' or 'gap<=0.01'")
    name, operator, value = HEADINGS.get(match[1], match[1]), match[2], match[3].strip()
    if name not in COLUMNS:
        raise unknown("column", name, [*COLUMNS, *HEADINGS])
    if operator == "==":
        raise InputError(f"'{text}' is not a condition: '==' is no comparison here", f"write '{name}={value}'")
    second = _SECOND.search(value)
    if second is not None:
        remedy = "give --where once for each, all must hold"
        raise InputError(f"'{text}' is more than one condition ('{second[1]}')", remedy)
    return name, operator, value


def sql_condition(conditions: Sequence[str]) -> tuple[str, list[Any]]:
    """Conditions such as "backend=sa", "gap<=1 %" or "reason~memory" (contains) as SQL and its values.

    A value of "none" stands for what is not known, which is also unequal to every value.

    Raises
    ------
    InputError
        For an unknown column, with the nearest one, and for text that is no condition.
    """
    parts: list[str] = []
    values: list[Any] = []
    for text in conditions:
        name, operator, value = parsed(text)
        if operator == "~":
            parts.append(f"instr(lower(coalesce({name}, '')), lower(?)) > 0")
            values.append(value)
            continue
        if value.lower() in ("none", "null"):
            if operator not in ("=", "!="):
                raise InputError(f"'{text}' compares with what is not known", f"write '{name}=none' or '{name}!=none'")
            parts.append(f"{name} IS {'NOT ' if operator == '!=' else ''}NULL")
            continue
        values.append(_number(name, value) if COLUMNS[name].startswith(("REAL", "INTEGER")) else value)
        parts.append(f"{name} {'IS NOT' if operator == '!=' else operator} ?")
    return " AND ".join(parts), values


def _number(name: str, value: str) -> float:
    """A number, or a percentage."""
    percent = _PERCENT.fullmatch(value)
    try:
        number = float(percent[1]) / 100 if percent else float(value)
    except ValueError:
        raise InputError(f"column '{name}' holds numbers, not '{value}'") from None
    if math.isnan(number):
        raise InputError(f"nothing can be compared with '{value}'", f"write '{name}=none' for what is not known")
    return number


def check_found(store: Store, conditions: Sequence[str]) -> None:
    """Say which values there are where a condition names a text that no run of the store has.

    Raises
    ------
    InputError
        With those values. Nothing is raised where each condition holds somewhere, only not all in one run.
    """
    for text in conditions:
        name, operator, value = parsed(text)
        if operator != "=" or not COLUMNS[name].startswith("TEXT") or value.lower() in ("none", "null"):
            continue
        there = store.values(name)
        if there and value not in there and value not in _WORDS.get(name, ()):
            shown = ", ".join(there[:LISTED]) + (f" and {len(there) - LISTED} more" if len(there) > LISTED else "")
            raise InputError(f"no run has {name} '{value}'", f"there are: {shown}" if len(shown) < 1000 else "")
