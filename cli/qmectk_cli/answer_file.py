"""Reading an answer from a file: hostile until every number in it is checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from qmectk.errors import InputError
from qmectk.files.intake import read_text
from qmectk.language import Signature
from qmectk.presenting.names import nearest

#: Largest file read.
MOST_BYTES = 100_000_000

#: Numbers that an answer may claim.
CLAIMS = ("objective", "bound", "gap", "violation", "mean_ratio", "worst_ratio", "share_optimal")


@dataclass(frozen=True)
class AnswerFile:
    """What the file says: values, and claims about them (None where nothing is claimed).

    Attributes
    ----------
    values
        Variable name -> array; with a leading frame axis in a stream.
    frames
        Number of frames, None for a single one.
    claims
        The finite numbers among :data:`CLAIMS`.
    quality, problem
        As claimed.
    actions
        Bits, shape (frames, n), where the answer says no more than they do.
    """

    values: dict[str, np.ndarray]
    frames: int | None
    claims: dict[str, float] = field(default_factory=dict)
    quality: str | None = None
    problem: str | None = None
    actions: np.ndarray | None = None

    def frame(self, index: int) -> dict[str, Any]:
        """The values of one frame."""
        return self.values if self.frames is None else {name: array[index] for name, array in self.values.items()}


def read_answer(path: Path, signature: Signature, *, partial: bool = False) -> AnswerFile:
    """A checked answer for a problem with this signature; `partial`: or its binary variables alone, as an action.

    Raises
    ------
    InputError
        In one sentence, for whatever is wrong with the file.
    """
    data = _load(path)
    values = data.get("values")
    if values is None:
        why = "it has no 'values'" if "values" not in data else "its 'values' are null"
        raise InputError(
            f"{path.name}: {why}, so there is no point to score",
            "solve without --summary and until every frame has a point",
        )
    if not isinstance(values, dict):
        raise InputError(f"{path.name}: 'values' must map variable names to numbers, not be {_kind(values)}")
    unknown = [name for name in values if name not in signature.variables]
    if unknown:
        hint = nearest(unknown[0], signature.variables)
        remedy = f"did you mean '{hint}'?" if hint else f"its variables: {', '.join(signature.variables)}"
        raise InputError(f"{path.name}: the problem has no variable '{unknown[0][:60]}'", remedy)
    arrays: dict[str, np.ndarray] = {}
    counts: dict[str, int | None] = {}
    binary = [name for name, variable in signature.variables.items() if variable.kind == "binary"]
    alone = partial and set(values) <= set(binary) and 0 < len(values) < len(signature.variables)
    for name, variable in signature.variables.items():
        if alone and name not in values:
            continue
        if name not in values:
            raise InputError(f"{path.name}: the values of '{name}' are missing")
        arrays[name] = _array(path, name, values[name])
        counts[name] = _frames(path, name, arrays[name], () if variable.size is None else (variable.size,))
    if len(set(counts.values())) > 1:
        each = ", ".join(f"{name} {count or 'single'}" for name, count in counts.items())
        raise InputError(f"{path.name}: the variables disagree about the number of frames ({each})")
    frames = next(iter(counts.values()), None)
    stated = data.get("frames")
    if stated is not None and (type(stated) is not int or stated != (frames or 1)):
        raise InputError(f"{path.name}: 'frames' says {stated!s:.20} and the values are of {frames or 1}")
    claimed = _claims(path, data), _text(path, data, "quality"), _text(path, data, "problem")
    if not alone:
        return AnswerFile(arrays, frames, *claimed)
    rows = [array.reshape(frames or 1, -1) for array in arrays.values()]
    return AnswerFile(arrays, frames, *claimed, actions=np.concatenate(rows, axis=1))


def _load(path: Path) -> dict[str, Any]:
    text = read_text(path, MOST_BYTES, "split the answer by frames")
    try:
        data = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise InputError(f"{path.name}, line {error.lineno}: not JSON ({error.msg})") from error
    except RecursionError as error:
        raise InputError(f"{path.name} is nested too deeply") from error
    except ValueError as error:  # refused constants, duplicate keys, integers of thousands of digits
        raise InputError(f"{path.name}: {str(error).split(';')[0]}") from error
    if not isinstance(data, dict):
        raise InputError(f"{path.name} must be one JSON object with 'values', not {_kind(data)}")
    return data


def _refuse_constant(token: str) -> Any:
    raise ValueError(f"{token} is not a number that JSON has")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in out if keys.count(key) > 1)
        raise ValueError(f"'{twice[:60]}' is given twice")
    return out


def _array(path: Path, name: str, value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{path.name}: the values of '{name}' are not of one shape") from error
    if array.dtype.kind not in "biuf":
        raise InputError(f"{path.name}: the values of '{name}' are not all numbers")
    array = array.astype(float)
    if not np.isfinite(array).all():
        raise InputError(f"{path.name}: the values of '{name}' are not all finite")
    return array


def _frames(path: Path, name: str, array: np.ndarray, declared: tuple[int, ...]) -> int | None:
    if array.shape == declared:
        return None
    if array.ndim == len(declared) + 1 and array.shape[1:] == declared and len(array):
        return len(array)
    raise InputError(
        f"{path.name}: '{name}' has shape {array.shape}",
        f"the problem declares {declared}, with one more axis in front for a stream of frames",
    )


def _claims(path: Path, data: Mapping[str, Any]) -> dict[str, float]:
    out: dict[str, float] = {}
    for name in CLAIMS:
        value = data.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"{path.name}: '{name}' must be a number, not {_kind(value)}")
        try:
            out[name] = float(value)
        except OverflowError:
            out[name] = math.inf
        if not math.isfinite(out[name]):
            raise InputError(f"{path.name}: '{name}' is not finite")
    return out


def _text(path: Path, data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{path.name}: '{name}' must be text, not {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
