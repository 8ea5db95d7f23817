"""The arrays of many instances with a leading axis of frames: what ``Instance.stack`` of a family is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def stacked(instances: Sequence[Any], arrays: Sequence[str], same: Sequence[str] = ()) -> dict[str, Any] | None:
    """Named arrays of all instances, one on top of the other.

    Parameters
    ----------
    arrays
        Attributes that hold an array; in the result they have shape (frames, ...).
    same
        Attributes that the declaration takes as they are, so that all instances must agree in them.

    Returns
    -------
    dict or None
        Attribute -> array or common value; None where shapes or values differ, so that there is no such stack.
    """
    first = instances[0]
    found: dict[str, Any] = {}
    for name in arrays:
        rows = [np.asarray(getattr(one, name)) for one in instances]
        if any(row.shape != rows[0].shape for row in rows):
            return None
        found[name] = np.stack(rows)
    for name in same:
        found[name] = getattr(first, name)
        if any(getattr(one, name) != found[name] for one in instances):
            return None
    return found
