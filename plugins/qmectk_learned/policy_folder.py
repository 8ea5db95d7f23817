"""A policy as a folder that can be taken away: weights, facts and the learning curve.

    NAME.policy/policy.json            what it is, what it was trained on, versions, and the SHA-256 of the weights
    NAME.policy/weights.safetensors    the arrays of the network
    NAME.policy/curve.csv, curve.png   the learning curve, and a figure of it where matplotlib is installed

Numbers and text only: nothing in it can run. The JSON is written last, so half a policy is never taken for a whole one.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qmectk.backend import installed
from qmectk.errors import InputError
from qmectk.figures import save_figure
from qmectk.intake import read_bytes, read_text
from qmectk.options import build
from qmectk.plugins import registry
from qmectk.policies import FACTS, KIND, kept_in
from qmectk.storage import explained, replace_file
from qmectk.views import Reading

from .cache import digest
from .curve import Curve, read, written
from .kept import KeptPolicy
from .options import PolicyOptions
from .shape import Shape

#: Raised by one whenever the files change.
FORMAT = 3

#: Largest files read [bytes]: a policy of 1000 devices has about 2 MB of weights.
MOST_FACTS, MOST_WEIGHTS = 4_000_000, 1_000_000_000


def save_kept(kept: KeptPolicy, folder: Path) -> Path:
    """See :meth:`KeptPolicy.save`."""
    from safetensors.numpy import save

    folder = kept_in(folder)
    weights = save({name: np.asarray(array, order="C") for name, array in kept.arrays.items()})
    whole = {
        "kind": KIND,
        "format": FORMAT,
        **kept.facts,
        "takes": kept.contract,
        "options": dataclasses.asdict(kept.options),
        "shape": dataclasses.asdict(kept.shape),
    }
    whole["sha256"] = digest(weights, whole)
    with explained(folder):
        replace_file(folder / "weights.safetensors", weights)
        replace_file(folder / "curve.csv", written(kept.curve).encode())
        if kept.curve and installed("matplotlib"):
            save_figure(kept.plot(), folder / "curve.png")
        replace_file(folder / FACTS, json.dumps(whole, indent=1).encode())
    return folder


def load_kept(folder: Path, options: type[PolicyOptions]) -> KeptPolicy:
    """Read a policy from its folder.

    Raises
    ------
    InputError
        When it is damaged, or was written by a version that this one does not read.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    facts = json.loads(read_text(folder / FACTS, MOST_FACTS))
    if facts.get("format") != FORMAT:
        raise InputError(
            f"{folder} is a policy of format {facts.get('format')}, this version reads {FORMAT}", "train it again"
        )
    weights = read_bytes(folder / "weights.safetensors", MOST_WEIGHTS)
    damaged = f"the policy {folder} is damaged"
    if digest(weights, facts) != facts.get("sha256"):
        raise InputError(f"{damaged}: its weights and facts are not those that were written", "train it again")
    try:
        kept = KeptPolicy(
            Shape(**facts["shape"]),
            load(weights),
            build(options, facts["options"]),
            {k: v for k, v in facts.items() if k not in ("kind", "format", "takes", "options", "shape", "sha256")},
            _curve(folder / "curve.csv"),
            _reading(facts),
        )
        kept.check()
    except (SafetensorError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(f"{damaged}: {error}", "train it again") from error
    return kept


def _curve(path: Path) -> Curve:
    """The learning curve; none where its file was taken away."""
    return read(read_text(path, MOST_FACTS)) if path.is_file() else []


def _reading(facts: Mapping[str, Any]) -> Reading | None:
    """How observations become features, where the problem that it was trained on says so."""
    if facts.get("reading") is None:
        return None
    kind = registry().problem(facts["problem"]).Reads
    if kind is None:
        raise InputError(f"problem '{facts['problem']}' no longer says what policies see of it", "train it again")
    return kind(**facts["reading"])


__all__ = ["load_kept", "save_kept"]
