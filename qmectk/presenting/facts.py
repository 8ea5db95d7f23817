"""What the core keeps of a backend's own words and numbers: they travel with every answer, so there is a limit."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

#: Most characters that the `info` of one reply may take as JSON. A study keeps it in every row of its table.
MOST_INFO = 64 * 1024

#: Characters of an entry that stays when all together are too long: numbers, names, a sentence.
SHORT_ENTRY = 1024

#: Entries named that were left out.
MOST_NAMED = 20

#: Longest message and longest name of a proof.
MOST_WORDS = 4096

#: Containers within containers that are followed; what is deeper, or holds itself, is too long.
DEEPEST = 16

#: Characters that a number with a fraction takes, with the comma and the space behind it.
_NUMBER = 24


def facts(info: Mapping[Any, Any]) -> dict[str, Any]:
    """The entries of a reply's `info` that are kept; what is left out is named in the entry ``left_out``.

    Beyond 64 kB only short entries stay. ``share_feasible``, which comparisons read, is a number from 0 to 1.

    >>> facts({"nodes": 7, "share_feasible": 3})
    {'nodes': 7, 'left_out': ['share_feasible: not a number from 0 to 1']}
    """
    kept, left_out = dict(info), []
    if "share_feasible" in kept:
        share = kept["share_feasible"]
        if isinstance(share, (Real, np.number)) and 0.0 <= float(share) <= 1.0:
            kept["share_feasible"] = float(share)
        elif share is not None:  # it says nothing, which is no mistake
            del kept["share_feasible"]
            left_out.append("share_feasible: not a number from 0 to 1")
    if length(kept) > MOST_INFO:
        kept, long = _short(kept)
        left_out += [f"{words(name)[:100]}: too long" for name in long[:MOST_NAMED]]
        if len(long) > MOST_NAMED:
            left_out.append(f"{len(long) - MOST_NAMED} more: too long")
    return {**kept, "left_out": left_out} if left_out else kept


def _short(info: dict[Any, Any]) -> tuple[dict[Any, Any], list[Any]]:
    """The short entries, in their order, as long as there is room; and the names of the other ones."""
    kept: dict[Any, Any] = {}
    left: list[Any] = []
    room = MOST_INFO
    for name, value in info.items():
        needed = length({name: value}, SHORT_ENTRY)
        if needed <= min(room, SHORT_ENTRY):
            kept[name], room = value, room - needed
        else:
            left.append(name)
    return kept, left


def length(value: Any, most: int = MOST_INFO, depth: int = DEEPEST) -> int:
    """About how many characters `value` takes as JSON; counting ends when there are more than `most`."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, int):
        return 6 + value.bit_length() // 3
    if value is None:
        return 6
    if isinstance(value, (float, np.generic)):
        return _NUMBER
    if isinstance(value, np.ndarray):
        return _NUMBER * value.size
    if not isinstance(value, (dict, list, tuple, Mapping)):
        return len(words(value, most))
    if not depth:
        return most + 1
    total = 2
    if isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            total += len(key if isinstance(key, str) else words(key, most)) + 4 + length(item, most, depth - 1)
            if total > most:
                break
        return total
    for item in value:
        total += length(item, most, depth - 1)
        if total > most:
            break
    return total


def words(value: Any, most: int = MOST_WORDS) -> str:
    """`value` as text of at most `most` characters, also when it cannot say what it is."""
    if not isinstance(value, str):
        try:
            value = "" if value is None else str(value)
        except BaseException as error:  # also SystemExit: what a value says when asked ends no program
            value = f"({type(value).__name__} that cannot be written: {type(error).__name__})"
    return value if len(value) <= most else f"{value[:most]} (and so on)"


__all__ = ["MOST_INFO", "facts", "length", "words"]
