"""What all kinds of environments share: copies of a problem's world, how they are seen, and what slots come to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..documents.files import as_problem
from ..problem import Problem
from ..seeds import Stream, generator
from ..views.decisions import Decision, Decisions, Features
from ..worlds.copies import Copies
from .actions import Form
from .judged import Judged

Array = NDArray[np.float64]

#: Observations are clipped to this size, so that their space is bounded.
LARGEST = 1e6

#: Largest size of a column of published features that is left as it is: frequencies and sizes in natural units are not.
MODERATE = 20.0

#: Fresh slots in which is looked up which choices leave a share open, and of which published features get their scale.
PROBED = 32


class World:
    """So many copies of a problem.

    Parameters
    ----------
    problem
        A problem file, the name of a shipped problem, or a Problem.
    count
        How many copies.
    reward
        A name of :data:`~qmectk.worlds.copies.REWARDS`, or of a record of the slots ("utility"); None for "own" where
        the problem gives it, else "slot".
    features
        A kind of features that the problem has: "own", with the part of the objective beside them that is known and
        that learners here have to see (:attr:`~qmectk.views.Decisions.known`, in logarithms), or a paper's "published"
        ones, of which columns in natural units are brought to mean 0 and deviation 1 over fresh slots.
    optimum
        Whether the proved optimum of every slot is worked out, too.
    settings
        Top-level keys of the problem to replace.
    judged
        Whether slots are those that answers are judged on (count must be 1); they are fresh ones otherwise.

    Raises
    ------
    InputError
        Where the problem does not say what is decided, or has no such features; later where it has no such reward.
    """

    def __init__(
        self,
        problem: str | Path | Problem,
        count: int,
        *,
        reward: str | None = "slot",
        features: str = "own",
        optimum: bool = False,
        settings: Mapping[str, Any] | None = None,
        judged: bool = False,
    ) -> None:
        self.problem = as_problem(problem, "simulate").with_settings(settings or {})
        self.reward, self.kind, self.with_optimum = reward, features, optimum
        self.rng = generator(Stream.SAMPLE, self.problem.params.seed)
        self.copies: Copies = Judged(self.problem) if judged else self.problem.copies(count, self.rng)
        probed = self.problem.copies(PROBED, generator(Stream.SAMPLE, 0, PROBED)).decisions
        self.form = Form.of(probed)
        seen = probed.features(features)
        self.scaling = (_scaling(seen.device), _scaling(seen.pair)) if features == "published" else None

    @property
    def decisions(self) -> Decisions:
        """What is to be decided now, with a leading axis of copies."""
        return self.copies.decisions

    def begin(self, seed: int) -> None:
        """Fresh paths; the same ones for the same seed."""
        if isinstance(self.copies, Judged):
            self.copies.begin(seed)
            return
        self.rng = generator(Stream.SAMPLE, seed)
        self.copies.restart(self.rng)

    def step(self, decision: Decision) -> tuple[Array, dict[str, Array]]:
        """Carry a decision out: rewards of shape (copies,) or (copies, devices), and what is worth knowing by name."""
        sense = self.decisions.sense
        best = self.copies.optimum() if self.with_optimum else None
        outcome = self.copies.step(decision, self.rng)
        facts = {**outcome.records, "objective": outcome.objective}
        if best is not None:
            facts |= {"optimum": best, "regret": sense * (best - outcome.objective)}
        name = self.reward or ("own" if "own" in outcome.rewards else "slot")
        return outcome.reward(name), facts

    def rows(self) -> NDArray[np.float32]:
        """What every device sees, shape (copies, devices, numbers)."""
        seen = self._seen()
        pair = seen.pair.reshape(*seen.device.shape[:-1], -1)
        return _bounded(np.concatenate([seen.device, pair], axis=-1))

    def flat(self) -> NDArray[np.float32]:
        """What all devices see, shape (copies, numbers)."""
        return _bounded(self._seen().flat)

    def _seen(self) -> Features:
        view = self.decisions
        seen = view.features(self.kind)
        if self.scaling is None:
            return seen if view.known is None else _with_known(seen, view)
        device, pair = (
            (part - mean) / size for part, (mean, size) in zip((seen.device, seen.pair), self.scaling, strict=True)
        )
        return Features(device, pair, seen.device_names, seen.pair_names)

    def limits(self) -> dict[str, Array]:
        """Limits of the share of every choice, shape (copies, devices, choices, 2), where any leaves one open."""
        if self.form.spread or not self.form.open.any():
            return {}
        view = self.decisions
        return {"limits": np.stack([view.least, view.most], axis=-1)}


def _with_known(seen: Features, view: Decisions) -> Features:
    """Features and two more columns of every choice: the known constant and slope over the scale, as sign log(1+)."""
    parts = [np.broadcast_to(part, view.allowed.shape) / view.scale[..., None] for part in view.known or ()]
    known = np.stack([np.sign(part) * np.log1p(np.abs(part)) for part in parts], axis=-1)
    names = (*seen.pair_names, "known constant", "known slope")
    return Features(seen.device, np.concatenate([seen.pair, known], axis=-1), seen.device_names, names)


def _scaling(columns: Array) -> tuple[Array, Array]:
    """Mean and deviation of every column; 0 and 1 where it is of moderate size as it is."""
    rows = tuple(range(columns.ndim - 1))
    size, largest = columns.std(axis=rows), np.abs(columns).max(axis=rows, initial=0.0)
    size = np.where(size > 1e-9 * largest, size, np.maximum(largest, 1.0))
    return np.where(largest > MODERATE, columns.mean(axis=rows), 0.0), np.where(largest > MODERATE, size, 1.0)


def _bounded(numbers: Array) -> NDArray[np.float32]:
    return np.clip(numbers, -LARGEST, LARGEST).astype(np.float32)


__all__ = ["LARGEST", "World"]
