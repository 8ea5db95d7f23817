"""Trained policies and checkpoints on disk: numbers in safetensors, facts in JSON, nothing that can run code.

A file is named by a hash of everything the policy depends on, its arrays also by a hash of what is in them. Arrays are
written first and the JSON beside them, which names them and holds a SHA-256 of both, last; each appears in one step. So
a process that ends between the two, or writes the same entry at the same time, leaves one that fits together. What does
not fit is reported in one sentence and made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import qmectk
from qmectk.errors import InputError
from qmectk.files.intake import read_bytes, read_text
from qmectk.files.storage import cache_folder, replace_file

Arrays = dict[str, NDArray[Any]]

#: Raised by one whenever the loop or a network changes what it computes.
FORMAT = 3

#: Largest JSON file read, in bytes.
MAX_JSON = 4_000_000

#: Largest file of arrays read, in bytes; a billion weights.
MAX_ARRAYS = 4_000_000_000


class CorruptEntry(ValueError):
    """A cache entry that is not what was written."""


def versions() -> dict[str, str]:
    """Versions that decide what training computes: of qmectk, and of torch without its patch number."""
    major, minor = version("torch").split(".")[:2]
    return {"qmectk": qmectk.__version__, "torch": f"{major}.{minor}", "format": str(FORMAT)}


def policy_key(fingerprint: str, backend: str, identity: Mapping[str, Any], seed: int) -> str:
    """Name of the policy that this problem, backend, options and seed give with these versions."""
    parts = [fingerprint, backend, dict(identity), seed, versions()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


class Entry:
    """Two files of one name: ``NAME.json`` and the arrays it names, ``NAME.DIGEST.safetensors``.

    Parameters
    ----------
    name
        The key of a policy, with a suffix for its checkpoint.
    title
        What to call it in a warning.
    """

    def __init__(self, name: str, title: str) -> None:
        self.name, self.title = name, title
        self.facts = cache_folder() / "policies" / f"{name}.json"
        self._mine: Path | None = None  #: arrays that give way to the next ones

    def read(self) -> tuple[Arrays, dict[str, Any]] | None:
        """Arrays and facts, or None when there are none.

        Raises
        ------
        CorruptEntry
            When the files are truncated, altered, or were written for something else.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            if not self.facts.exists():
                return None
            facts = json.loads(read_text(self.facts, MAX_JSON))
            if not isinstance(facts, dict) or facts.get("name") != self.name or facts.get("versions") != versions():
                raise CorruptEntry("it was written for something else")
            arrays = self._arrays(str(facts.get("arrays")))
            blob = read_bytes(arrays, MAX_ARRAYS)
            if digest(blob, facts) != facts.get("sha256"):
                raise CorruptEntry("it is not what was written")
            self._mine = arrays
            return load(blob), facts
        except (OSError, InputError, json.JSONDecodeError, RecursionError, SafetensorError) as error:
            raise CorruptEntry(f"it cannot be read: {error}") from error

    def _arrays(self, digest: str) -> Path:
        if not re.fullmatch("[0-9a-f]{16}", digest):
            raise CorruptEntry("it names no arrays")
        return self.facts.with_name(f"{self.name}.{digest}.safetensors")

    def distrust(self, reason: object) -> None:
        """Say in one sentence that this entry is made anew."""
        warnings.warn(f"the {self.title} in {self.facts} is not used ({reason}); it is trained anew", stacklevel=2)

    def write(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> bool:
        """Keep arrays and facts. A folder that cannot be written costs a warning, not the policy."""
        from safetensors.numpy import save

        try:
            blob = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
            whole = {
                "name": self.name,
                "versions": versions(),
                "arrays": hashlib.sha256(blob).hexdigest()[:16],
                **facts,
            }
            whole["sha256"] = digest(blob, whole)
            path = self._arrays(whole["arrays"])
            self.facts.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, blob)
            replace_file(self.facts, json.dumps(whole, indent=1).encode())
            if self._mine is not None and self._mine != path:
                self._mine.unlink(missing_ok=True)
            self._mine = path
        except OSError as error:
            warnings.warn(f"the {self.title} could not be kept in {self.facts.parent} ({error})", stacklevel=2)
            return False
        return True

    def remove(self) -> None:
        """Forget this entry; nothing happens when there is none."""
        for path in (self.facts, *self.facts.parent.glob(f"{self.name}.*.safetensors")):
            with contextlib.suppress(OSError):
                path.unlink()


def digest(blob: bytes, facts: Mapping[str, Any]) -> str:
    """SHA-256 of arrays and of the facts beside them."""
    text = json.dumps({name: value for name, value in facts.items() if name != "sha256"}, sort_keys=True)
    return hashlib.sha256(hashlib.sha256(blob).digest() + text.encode()).hexdigest()
