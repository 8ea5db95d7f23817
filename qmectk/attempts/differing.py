"""What two declarations of a problem differ in, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..presenting.quoting import shown

#: Keys that say how much is asked and not what: no policy depends on them.
ASKED = ("frames", "training_frames")


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """One phrase for each key with another value, with both values: "devices 10, here 30".

    Examples
    --------
    >>> differences({"devices": 10, "noise": {"power": 1.0}}, {"devices": 30, "noise": {"power": 2.0}})
    ['devices 10, here 30', 'noise.power 1.0, here 2.0']
    """
    if there.get("problem") != here.get("problem"):  # every other key means something else
        there, here = ({"problem": one.get("problem")} for one in (there, here))
    left, right = dict(_flat(there)), dict(_flat(here))
    keys = [*left, *(key for key in right if key not in left)]
    return [
        f"{key} {_said(left, key)}, here {_said(right, key)}"
        for key in keys
        if key not in ASKED and left.get(key) != right.get(key)
    ]


def _flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _said(values: Mapping[str, Any], key: str) -> str:
    return shown(values[key]) if key in values else "unset"


__all__ = ["differences"]
