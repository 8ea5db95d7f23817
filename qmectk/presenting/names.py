"""Unknown names and the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ..errors import UnknownName
from .quoting import LONGEST, short

#: Names listed where none of them is close.
LISTED = 8


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name` in spelling, or None when nothing is close."""
    found = difflib.get_close_matches(name[:LONGEST], list(known), n=1, cutoff=0.5)
    return found[0] if found else None


def unknown(what: str, name: str, known: Iterable[str]) -> UnknownName:
    """The error for an unknown `name`; `what` says of which kind ("backend")."""
    names = sorted(known)
    hint = nearest(name, names)
    remedy = f"did you mean '{hint}'?" if hint else f"known: {_listed(name, names)}"
    return UnknownName(f"there is no {what} '{short(name)}'", remedy)


def _listed(name: str, names: list[str]) -> str:
    """All names, or of many the nearest."""
    if len(names) <= LISTED:
        return ", ".join(names) or "none"
    some = difflib.get_close_matches(name[:LONGEST], names, n=LISTED, cutoff=0.0)
    return f"{', '.join(some)} and {len(names) - len(some)} more"
