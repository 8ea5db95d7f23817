"""Checkpoints: a state, the records so far, and what they belong to, as plain arrays in one file.

No pickle: a state is taken apart into arrays and put together again after the state that ``reset`` makes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..files.sealed import Damaged, seal, unseal
from ..files.storage import cache_folder, replace_file

#: Raised by one whenever what is stored changes.
FORMAT = 2


def default_path(fingerprint: str) -> Path:
    """Where an interrupted simulation is kept unless the user names a file."""
    return cache_folder() / "simulations" / f"{fingerprint[:32]}.npz"


def flatten(value: Any, path: str = "state") -> Iterator[tuple[str, Any]]:
    """The arrays and numbers in a state, with their paths."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from flatten(getattr(value, field.name), f"{path}/{field.name}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from flatten(item, f"{path}/{key}")
    elif isinstance(value, (tuple, list)):
        for i, item in enumerate(value):
            yield from flatten(item, f"{path}/{i}")
    elif value is None:
        return
    else:
        array = np.asarray(value)
        if array.dtype.kind not in "biufcUS":
            raise InputError(f"a {type(value).__name__} in the state ({path}) cannot be kept in a checkpoint")
        yield path, array


def rebuild(template: Any, arrays: dict[str, Any], path: str = "state") -> Any:
    """A state shaped like `template` from the arrays of another."""
    if dataclasses.is_dataclass(template) and not isinstance(template, type):
        parts = {
            f.name: rebuild(getattr(template, f.name), arrays, f"{path}/{f.name}")
            for f in dataclasses.fields(template)
            if f.init
        }
        return type(template)(**parts)
    if isinstance(template, dict):
        return {key: rebuild(item, arrays, f"{path}/{key}") for key, item in template.items()}
    if isinstance(template, (tuple, list)):
        items = [rebuild(item, arrays, f"{path}/{i}") for i, item in enumerate(template)]
        return type(template)(*items) if hasattr(template, "_fields") else type(template)(items)
    if path not in arrays:
        return None
    stored = arrays[path]
    return stored if isinstance(template, np.ndarray) or stored.ndim else stored.item()


def save(path: Path, fingerprint: str, slot: int, state: Any, records: dict[str, Any]) -> None:
    """Write everything in one step."""
    arrays: dict[str, Any] = {f"record/{name}": np.asarray(values, dtype=float) for name, values in records.items()}
    arrays.update(flatten(state))
    arrays["about"] = np.array(json.dumps({"format": FORMAT, "fingerprint": fingerprint, "slot": slot}))
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, seal(arrays))


def load(path: Path, fingerprint: str, template: Any) -> tuple[int, Any, dict[str, list[float]]]:
    """(slot, state, records) of a checkpoint.

    Raises
    ------
    Damaged
        When the file is not what was written.
    InputError
        When it is a checkpoint of another problem, backend, option or seed.
    """
    arrays = unseal(path)
    try:
        about = json.loads(str(arrays.pop("about")))
        slot = int(about["slot"])
    except (ValueError, LookupError, TypeError) as error:
        raise Damaged("it is no checkpoint of a simulation") from error
    if about.get("format") != FORMAT or about.get("fingerprint") != fingerprint:
        raise InputError(
            f"{path} belongs to another problem, backend, option or seed", "leave --resume out to start anew"
        )
    records = {
        name[len("record/") :]: [float(x) for x in values]
        for name, values in arrays.items()
        if name.startswith("record/")
    }
    if any(len(values) != slot for values in records.values()):
        raise Damaged(f"its records do not have {slot} slots")
    return slot, rebuild(template, arrays), records


def resumed(
    path: Path, fingerprint: str, template: Any, *, named: bool
) -> tuple[int, Any, dict[str, list[float]]] | None:
    """What :func:`load` gives; None where there is nothing to go on from.

    A damaged file that the user named is refused and stays as it is. One of our own in the cache folder costs a
    warning; it is put aside and the simulation starts anew.

    Raises
    ------
    InputError
        As said, and where the checkpoint is of another simulation.
    """
    if not path.exists():
        return None
    try:
        return load(path, fingerprint, template)
    except Damaged as error:
        if named:
            raise InputError(
                f"{path} is no checkpoint to go on from: {error}", "leave --resume out to start anew"
            ) from error
        aside = path.with_name(f"{path.name}.damaged")
        with contextlib.suppress(OSError):
            path.replace(aside)
        warnings.warn(
            f"the checkpoint {path} is damaged ({error}); it is kept as {aside.name}, and the simulation starts anew",
            stacklevel=4,
        )
        return None
