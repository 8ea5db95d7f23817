"""A policy as a folder that can be taken away: weights, facts and the learning curve.

    NAME.policy/policy.json            what it is, what it was trained on, versions, and the SHA-256 of the weights
    NAME.policy/weights.safetensors    the arrays of the network
    NAME.policy/curve.csv, curve.png   the learning curve, and a figure of it where matplotlib is installed

Numbers and text only: nothing in it can run. The JSON is written last, so half a policy is never taken for a whole one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError
from qmectk.extending.installed import installed
from qmectk.figures import save_figure
from qmectk.files.intake import read_bytes, read_text
from qmectk.files.storage import explained, replace_file
from qmectk.learning.policies import FACTS, KIND, kept_in

from .cache import digest

#: Raised by one whenever the files change.
FORMAT = 3

#: Largest files read [bytes]: a policy of 1000 devices has about 2 MB of weights.
MOST_FACTS, MOST_WEIGHTS = 4_000_000, 1_000_000_000

#: Facts that the folder adds to those of its policy.
ADDED = ("kind", "format", "sha256")

#: Name of the fact how large the features were that the policy was trained on.
SIZE = "feature_size"
#: Facts of a policy that are for its folder alone, and not for the answers that it gives.
OWN = ("training", "declared", "reading", "fingerprint", "floors", SIZE)


@dataclass(frozen=True)
class Contents:
    """What a folder holds: facts, arrays by name, and the text of the curve ("" where its file was taken away)."""

    facts: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    curve: str


def write_policy(
    folder: Path,
    arrays: Mapping[str, NDArray[Any]],
    facts: Mapping[str, Any],
    curve: str,
    plot: Callable[[], Any] | None,
) -> Path:
    """Write a policy into a folder, which is made; returns the folder.

    Parameters
    ----------
    facts
        Plain values for JSON.
    curve
        The learning curve as CSV.
    plot
        Makes a figure of it; None for none.

    Raises
    ------
    InputError
        When that cannot be done, or a folder of that name holds something else.
    """
    from safetensors.numpy import save

    folder = kept_in(folder)
    weights = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
    whole: dict[str, Any] = {"kind": KIND, "format": FORMAT, **facts}
    whole["sha256"] = digest(weights, whole)
    with explained(folder):
        replace_file(folder / "weights.safetensors", weights)
        replace_file(folder / "curve.csv", curve.encode())
        if plot is not None and installed("matplotlib"):
            save_figure(plot(), folder / "curve.png")
        replace_file(folder / FACTS, json.dumps(whole, indent=1).encode())
    return folder


def read_policy(folder: Path) -> Contents:
    """What a folder holds.

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
    if digest(weights, facts) != facts.get("sha256"):
        raise damaged(folder, "its weights and facts are not those that were written")
    curve = folder / "curve.csv"
    try:
        return Contents(facts, load(weights), read_text(curve, MOST_FACTS) if curve.is_file() else "")
    except SafetensorError as error:
        raise damaged(folder, error) from error


def damaged(folder: Path, reason: object) -> InputError:
    """The error of a policy that is not what was written."""
    return InputError(f"the policy {folder} is damaged: {reason}", "train it again")


__all__ = ["ADDED", "OWN", "SIZE", "Contents", "damaged", "read_policy", "write_policy"]
