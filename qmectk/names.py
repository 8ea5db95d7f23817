"""Unknown names and the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .errors import UnknownName


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name` in spelling, or None when nothing is close."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return found[0] if found else None


def unknown(what: str, name: str, known: Iterable[str]) -> UnknownName:
    """The error for an unknown `name`; `what` says of which kind ("backend")."""
    names = sorted(known)
    hint = nearest(name, names)
    remedy = f"did you mean '{hint}'?" if hint else f"known: {', '.join(names) or 'none'}"
    return UnknownName(f"there is no {what} '{name}'", remedy)
