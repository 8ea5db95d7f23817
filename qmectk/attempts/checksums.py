"""Whether backends leave instances as they were.

The core measures every answer on the instance. A backend runs in the same process and can write into the instance's
arrays, on purpose or by an in-place operation that was meant for a copy; its answer would then be measured on another
problem than the one that was asked. Checksums from before and after tell.
"""

from __future__ import annotations

import dataclasses
import inspect
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

#: How deep containers within an attribute are followed; instances are arrays, and tables of arrays at most.
DEEPEST = 4

#: Frames of a stream that are looked at: so many first ones, so many last ones and so many between them. A backend that
#: writes into its instances does so in every frame, and a stream of 30 000 frames must not wait for the other ones.
ENDS, BETWEEN = 16, 32

#: Attributes that are not looked at: the problem may hold the data of millions of frames, and keeps results; nothing is
#: measured with the signature.
PASSED_OVER = frozenset({"problem", "signature"})

#: Bytes from which on an array is folded to rows of so many words before its checksum is taken: much faster. The
#: width is a prime, so that rows and columns that change places show.
LARGE, WIDTH = 16_384, 509

_Marks = dict[str, Any]


class Checksums:
    """Checksums of instances from before a backend runs on them.

    Parameters
    ----------
    instances
        The very objects it will be given. Of a long stream only some frames are looked at.

    Examples
    --------
    >>> from qmectk.testing.instances import WaterFilling
    >>> instance = WaterFilling.drawn(3)
    >>> before = Checksums([instance])
    >>> before.changed()
    ''
    >>> instance.gain[0] = 7.0
    >>> before.changed()
    'it changed its instance (gain)'
    """

    def __init__(self, instances: Sequence[Any]) -> None:
        looked_at = instances if len(instances) <= 2 * ENDS + BETWEEN else [instances[k] for k in _some(len(instances))]
        seen: dict[int, Any] = {}
        self._before = [(instance, type(instance), _marks(instance, seen)) for instance in looked_at]

    def changes(self) -> list[str]:
        """Names of the attributes that are not what they were, each once."""
        seen: dict[int, Any] = {}
        found: dict[str, None] = {}
        for instance, kind, before in self._before:
            if type(instance) is not kind:
                found["its class"] = None
            found.update(dict.fromkeys(_differing(instance, before, _marks(instance, seen, before))))
        return list(found)

    def changed(self) -> str:
        """One sentence, or "" when everything is as it was."""
        names = self.changes()
        return f"it changed its instance ({', '.join(names)})" if names else ""


def _some(frames: int) -> list[int]:
    """The frames that are looked at: the first ones, the last ones, and some in equal steps between them."""
    steps = range(0, frames, max(1, frames // BETWEEN))
    return sorted({*range(ENDS), *steps, *range(frames - ENDS, frames)})


def _marks(instance: Any, seen: dict[int, Any], names: Iterable[str] | None = None) -> _Marks:
    """Attribute -> what tells whether it is the same. Of one array there is one checksum, however many share it."""
    held = getattr(instance, "__dict__", {})
    wanted = held if names is None else names
    return {name: _mark(held[name], DEEPEST, seen) for name in wanted if name in held and name not in PASSED_OVER}


def _differing(instance: Any, before: _Marks, after: _Marks) -> Iterator[str]:
    for name, mark in before.items():
        if name not in after or not _same(mark, after[name]):
            yield name
    for name in getattr(instance, "__dict__", {}):
        if name not in before and name not in PASSED_OVER and _hides(type(instance), name):
            yield name


def _hides(kind: type, name: str) -> bool:
    """Whether a new attribute of this name replaces what the class says. Cached results do not."""
    declared = inspect.getattr_static(kind, name, None)
    return declared is not None and not isinstance(declared, cached_property)


def _mark(value: Any, depth: int, seen: dict[int, Any]) -> Any:
    """Equal before and after for what has not changed; None for what is not looked into."""
    if isinstance(value, np.ndarray):
        key = id(value)
        if key not in seen:
            seen[key] = _checksum(value, depth, seen)
        return seen[key]
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return (type(value), repr(value))  # nan equals itself here
    if isinstance(value, np.generic):
        return (value.dtype.str, value.tobytes())
    if not depth:
        return None
    if isinstance(value, dict):
        return {key: _mark(item, depth - 1, seen) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mark(item, depth - 1, seen) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _mark(getattr(value, name, None), depth - 1, seen) for name in names if name not in PASSED_OVER}
    return None


def _checksum(array: np.ndarray, depth: int, seen: dict[int, Any]) -> Any:
    if array.dtype.hasobject:
        return [_mark(item, depth - 1, seen) for item in array.ravel().tolist()] if depth else None
    plain = array.dtype.kind in "biufc" and array.flags.c_contiguous
    if plain and array.nbytes > LARGE and array.nbytes % 8 == 0:
        words = array.reshape(-1).view(np.uint64)
        whole = words.size - words.size % WIDTH
        folded = np.bitwise_xor.reduce(words[:whole].reshape(-1, WIDTH), axis=0)
        return (array.shape, array.dtype.str, zlib.crc32(folded.tobytes()), zlib.crc32(words[whole:].tobytes()))
    return (array.shape, array.dtype.str, zlib.crc32(array if plain else array.tobytes()))  # type: ignore[arg-type]


def _same(before: Any, after: Any) -> bool:
    """Whether two marks are of the same thing. What came to a dictionary meanwhile is a result that is kept."""
    if isinstance(before, dict):
        return isinstance(after, dict) and all(k in after and _same(mark, after[k]) for k, mark in before.items())
    if isinstance(before, list):
        return isinstance(after, list) and len(before) == len(after) and all(map(_same, before, after))
    return bool(before == after)
