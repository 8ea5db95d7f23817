"""Policies over bits in their folders; see :mod:`.folder`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qmectk.errors import InputError
from qmectk.options import build
from qmectk.plugins import registry
from qmectk.views import Reading

from .curve import COLUMNS, read
from .folder import ADDED, damaged, read_policy
from .kept import KeptPolicy
from .options import PolicyOptions
from .shape import Shape


def load_kept(folder: Path, options: type[PolicyOptions]) -> KeptPolicy:
    """Read a policy from its folder.

    Raises
    ------
    InputError
        When it is damaged, or was written by a version that this one does not read.
    """
    found = read_policy(folder)
    try:
        kept = KeptPolicy(
            Shape(**found.facts["shape"]),
            found.arrays,
            build(options, found.facts["options"]),
            {k: v for k, v in found.facts.items() if k not in (*ADDED, "takes", "options", "shape")},
            read(COLUMNS, found.curve) if found.curve else [],
            _reading(found.facts),
        )
        kept.check()
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise damaged(folder, error) from error
    return kept


def _reading(facts: Mapping[str, Any]) -> Reading | None:
    """How observations become features, where the problem that it was trained on says so."""
    if facts.get("reading") is None:
        return None
    kind = registry().problem(facts["problem"]).Reads
    if kind is None:
        raise InputError(f"problem '{facts['problem']}' no longer says what policies see of it", "train it again")
    return kind(**facts["reading"])


__all__ = ["load_kept"]
