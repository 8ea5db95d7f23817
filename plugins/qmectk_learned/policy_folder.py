"""A policy as a folder that can be taken away: weights, facts and the learning curve.

    NAME.policy/policy.json            what it is, what it was trained on, versions, and the SHA-256 of the weights
    NAME.policy/weights.safetensors    the arrays of the network
    NAME.policy/curve.csv              the learning curve

Numbers and text only: nothing in it can run. The JSON is written last, so half a policy is never taken for a whole one.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from qmectk.errors import InputError
from qmectk.intake import read_bytes, read_text
from qmectk.policies import FACTS, KIND
from qmectk.storage import explained, replace_file

from .cache import versions
from .networks import Shape
from .networks.perceptron import Perceptron
from .options import PolicyOptions
from .policy import Policy, refuse_other, scaled
from .quantizers import quantizer_of

#: Raised by one whenever the files change.
FORMAT = 2

#: Largest files read [bytes]: a policy of 1000 devices has about 2 MB of weights.
MOST_FACTS, MOST_WEIGHTS = 4_000_000, 1_000_000_000

#: Columns of the learning curve.
COLUMNS = ("frame", "executed", "rounded", "loss", "candidates")


@dataclass(frozen=True)
class KeptPolicy:
    """A trained policy without the problem it was trained on.

    Attributes
    ----------
    policy
        The network and what it sees.
    options
        The options it was trained with.
    facts
        Plain values for people: backend, problem, training, versions.
    curve
        The learning curve: rows of :data:`COLUMNS`.
    """

    policy: Policy
    options: PolicyOptions
    facts: Mapping[str, Any]
    curve: Sequence[Sequence[float]] = ()

    def relaxed(self, features: Any) -> NDArray[np.float64]:
        """Relaxed actions in [0, 1] of features as the problem's Binary view states them.

        Parameters
        ----------
        features
            Of one frame, shape (d,) or with a history (T, d), oldest first; or of F of them, (F, d) or (F, T, d). For
            a network over devices (n, q) or (F, n, q).

        Returns
        -------
        (n,) or (F, n)

        Raises
        ------
        InputError
            When the shape is another one.
        """
        shape = self.policy.shape
        given = np.asarray(features, dtype=float)
        if self.policy.by_device:
            expected: tuple[int, ...] = (given.shape[-2] if given.ndim > 1 else shape.bits, shape.features)
            words = "(n, q)"
        else:
            expected = (shape.features,) if shape.history == 1 else (shape.history, shape.features)
            words = "(d,)" if shape.history == 1 else "(T, d)"
        if given.shape != expected and given.shape[1:] != expected:
            raise InputError(
                f"this policy takes features of shape {expected}, {words}, or a batch of them, not {given.shape}"
            )
        bits = expected[0] if self.policy.by_device else shape.bits
        refuse_other(shape, bits, shape.features)
        rows = bits if self.policy.by_device else shape.history
        found = self.policy.relaxed(scaled(shape, given).reshape(-1, rows, shape.features))
        return found[0] if given.shape == expected else found

    def act(self, features: Any, candidates: int = 1, rng: np.random.Generator | None = None) -> NDArray[np.int8]:
        """Actions of features; see :meth:`relaxed`.

        Parameters
        ----------
        candidates
            1 rounds: shape (n,) or (F, n). More give as many proposals, shape (K, n) or (F, K, n), the rounded one
            first; which of them is best, the problem says.
        rng
            Draws what the quantizer needs.
        """
        if candidates == 1 and self._layers and np.shape(features) == (self.policy.shape.features,):
            return self._rounded(scaled(self.policy.shape, features))
        relaxed = self.relaxed(features)
        if candidates == 1:
            return (relaxed > 0.5).astype(np.int8)
        batch = np.atleast_2d(relaxed)
        found = quantizer_of(self.options).candidates(batch, candidates, rng or np.random.default_rng(0))
        return found[0] if relaxed.ndim == 1 else found

    @cached_property
    def _layers(self) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Weights and biases of a perceptron of one frame, for numpy; none of another network."""
        network = self.policy.network
        if not isinstance(network, Perceptron) or self.policy.shape.history != 1:
            return []
        linear = [layer for layer in network.layers if isinstance(layer, nn.Linear)]
        return [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in linear]

    def _rounded(self, state: NDArray[np.float32]) -> NDArray[np.int8]:
        """The rounded action of one frame: torch takes four times as long to say it."""
        *hidden, (weight, bias) = self._layers
        for matrix, offset in hidden:
            state = np.maximum(matrix @ state + offset, np.float32(0.0))
        return (weight @ state + bias > 0.0).astype(np.int8)

    def save(self, folder: str | Path) -> Path:
        """Write it into a folder, which is made; returns the folder.

        Raises
        ------
        InputError
            When that cannot be done, or a folder of that name holds something else.
        """
        from safetensors.numpy import save

        folder = Path(folder)
        if folder.exists() and not (folder.is_dir() and ((folder / FACTS).is_file() or not any(folder.iterdir()))):
            raise InputError(f"{folder} holds something else", "name a folder that is new, empty, or a policy")
        weights = save({name: np.asarray(array, order="C") for name, array in self.policy.arrays().items()})
        whole = {
            "kind": KIND,
            "format": FORMAT,
            **self.facts,
            "options": dataclasses.asdict(self.options),
            "shape": dataclasses.asdict(self.policy.shape),
            "versions": versions(),
            "sha256": hashlib.sha256(weights).hexdigest(),
        }
        table = io.StringIO()
        csv.writer(table).writerows([COLUMNS, *self.curve])
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            replace_file(folder / "weights.safetensors", weights)
            replace_file(folder / "curve.csv", table.getvalue().encode())
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
        raise InputError(f"{folder} is a policy of format {facts.get('format')}, this version reads {FORMAT}")
    weights = read_bytes(folder / "weights.safetensors", MOST_WEIGHTS)
    damaged = f"the policy {folder} is damaged"
    if hashlib.sha256(weights).hexdigest() != facts.get("sha256"):
        raise InputError(f"{damaged}: its weights are not those that were written", "train it again")
    try:
        policy = Policy(Shape(**facts["shape"]))
        policy.load(load(weights))
        kept = {k: v for k, v in facts.items() if k not in ("kind", "format", "options", "shape", "sha256")}
        return KeptPolicy(policy, options(**facts["options"]), kept)
    except (SafetensorError, ValueError, KeyError, TypeError, InputError) as error:
        raise InputError(f"{damaged}: {error}", "train it again") from error


__all__ = ["COLUMNS", "KeptPolicy", "load_kept"]
