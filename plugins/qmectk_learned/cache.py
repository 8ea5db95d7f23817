"""Trained policies and checkpoints on disk: numbers in safetensors, facts in JSON, nothing that can run code.

A file is named by a hash of everything the policy depends on. Arrays are written first and the JSON beside them, which
holds their SHA-256, last; both are replaced in one step. What does not fit is reported in one sentence and made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

import qmectk
from qmectk.storage import cache_folder, replace_file

Arrays = dict[str, NDArray[Any]]

#: Raised by one whenever the loop or a network changes what it computes.
FORMAT = 2

#: Largest JSON file read, in bytes.
MAX_JSON = 4_000_000


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
    """Two files of one name: ``NAME.safetensors`` and ``NAME.json``.

    Parameters
    ----------
    name
        The key of a policy, with a suffix for its checkpoint.
    title
        What to call it in a warning.
    """

    def __init__(self, name: str, title: str) -> None:
        self.name, self.title = name, title
        folder = cache_folder() / "policies"
        self.arrays, self.facts = folder / f"{name}.safetensors", folder / f"{name}.json"

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
            if not self.facts.is_file():
                return None
            if self.facts.stat().st_size > MAX_JSON:
                raise CorruptEntry("its JSON file is too large")
            facts = json.loads(self.facts.read_text(encoding="utf-8"))
            if not isinstance(facts, dict) or facts.get("name") != self.name or facts.get("versions") != versions():
                raise CorruptEntry("it was written for something else")
            blob = self.arrays.read_bytes()
            if hashlib.sha256(blob).hexdigest() != facts.get("sha256"):
                raise CorruptEntry("its arrays are not those that were written")
            return load(blob), facts
        except (OSError, UnicodeError, json.JSONDecodeError, RecursionError, SafetensorError) as error:
            raise CorruptEntry(f"it cannot be read: {error}") from error

    def distrust(self, reason: object) -> None:
        """Say in one sentence that this entry is made anew."""
        warnings.warn(f"the {self.title} in {self.facts} is not used ({reason}); it is trained anew", stacklevel=2)

    def write(self, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> bool:
        """Keep arrays and facts. A folder that cannot be written costs a warning, not the policy."""
        from safetensors.numpy import save

        try:
            blob = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
            whole = {"name": self.name, "versions": versions(), "sha256": hashlib.sha256(blob).hexdigest(), **facts}
            self.facts.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self.arrays, blob)
            replace_file(self.facts, json.dumps(whole, indent=1).encode())
        except OSError as error:
            warnings.warn(f"the {self.title} could not be kept in {self.facts.parent} ({error})", stacklevel=2)
            return False
        return True

    def remove(self) -> None:
        """Forget this entry; nothing happens when there is none."""
        for path in (self.facts, self.arrays):
            with contextlib.suppress(OSError):
                path.unlink()
