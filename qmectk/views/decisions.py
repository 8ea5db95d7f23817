"""The Decisions view: what a policy decides about a slot, device by device, and nothing else.

A device makes one of `choices` (a mode, a server), as far as they are allowed, and where a choice leaves a share open,
the share in [least, most]; or it spreads itself over the choices, y >= 0 with sum y <= 1 (`spread`). Everything else
(epigraph variables, CPU shares, time shares, who of several gets a slot) is completed by the problem, optimally where
it can be. Every allowed decision has a feasible completion wherever the slot has a feasible point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .base import View

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Decision:
    """What was decided; leading axes are those of the view.

    Attributes
    ----------
    choice
        Which choice each device makes, whole numbers of shape (..., devices); None where devices spread themselves.
    share
        How much of it, shape (..., devices), or of every choice, shape (..., devices, choices).
    """

    choice: NDArray[np.int64] | None
    share: Array

    def at(self, index: Any) -> Decision:
        """Some of the copies along the leading axis."""
        return Decision(None if self.choice is None else self.choice[index], self.share[index])


@dataclass(frozen=True)
class Features:
    """What a policy sees, in numbers of moderate size.

    Attributes
    ----------
    device
        Shape (..., devices, d): of each device.
    pair
        Shape (..., devices, choices, p): of each device and choice, 0 where a choice has nothing of the kind. p may be
        0.
    device_names, pair_names
        Of the columns.
    """

    device: Array
    pair: Array
    device_names: tuple[str, ...]
    pair_names: tuple[str, ...] = ()

    @property
    def flat(self) -> Array:
        """Everything in one row, shape (..., numbers)."""
        lead = self.device.shape[:-2]
        return np.concatenate([self.device.reshape(*lead, -1), self.pair.reshape(*lead, -1)], axis=-1)

    def of(self, device: int) -> Array:
        """Everything about one device in one row, shape (..., numbers)."""
        pair = self.pair[..., device, :, :]
        return np.concatenate([self.device[..., device, :], pair.reshape(*pair.shape[:-2], -1)], axis=-1)


@dataclass(frozen=True)
class Decisions(View):
    """Arrays of one instance, or of many with leading axes; a point of this view is a :class:`Decision`.

    Attributes
    ----------
    choices
        Names of the choices ("local", "server 1").
    allowed
        Shape (..., devices, choices): what a device may choose. Every device has at least one.
    least, most
        Limits of the share that goes with a choice, of the same shape; equal where the choice says everything.
    sense
        +1 where the objective is maximised, -1 where it is minimised.
    scale
        What the part of the objective that has to be learned is measured in, > 0, shape (..., devices).
    known
        The part of a device's objective that is not learned: (constant, slope) of shape (..., devices, choices),
        ``constant + slope * share`` in the unit of the objective; None where there is none.
    see
        ``see(kind) -> Features`` for the kinds in `seen`: "own", what was found to work, and where a paper lists what
        its policy sees, "published".
    seen
        The kinds of features there are, "own" first.
    complete
        ``complete(decision) -> values`` of the declared problem, for a view without leading axes.

        Raises
        ------
        Infeasible
            Where the slot has no feasible completion of it, with the reason.
    spread
        Whether devices spread themselves over the choices.
    arrays
        What else is known of the slot, by names that the family documents (prices, loads, capacities); structured
        policies read it.
    instance
        Whose decisions these are, filled in for a view that an instance hands over; None of many instances.
    """

    choices: tuple[str, ...]
    allowed: NDArray[np.bool_]
    least: Array
    most: Array
    sense: int
    scale: Array
    see: Callable[[str], Features]
    complete: Callable[[Decision], dict[str, Any]]
    known: tuple[Array, Array] | None = None
    seen: tuple[str, ...] = ("own",)
    spread: bool = False
    arrays: Mapping[str, Array] | None = None
    instance: Any = None
    title = "Decisions (a choice and a share of each device)"

    @property
    def devices(self) -> int:
        """Number of devices."""
        return int(self.allowed.shape[-2])

    @property
    def open(self) -> NDArray[np.bool_]:
        """Where a choice leaves a share to be decided."""
        return np.asarray(self.allowed & (self.most > self.least))

    def features(self, kind: str = "own") -> Features:
        """What a policy sees.

        Raises
        ------
        InputError
            When there is no such kind.
        """
        if kind not in self.seen:
            raise InputError(f"there are no features '{kind}' here", f"choose one of {', '.join(self.seen)}")
        return self.see(kind)

    def decided(self, choice: Any, unit: Any = 1.0) -> Decision:
        """The decision with these choices, and shares at `unit` of the way from `least` to `most`; None of the limits,
        masks and shapes is left to the caller.

        A choice that is not allowed becomes the first one that is; `unit` is clipped into [0, 1].
        """
        choice = np.asarray(choice, dtype=np.int64)
        inside = np.clip(choice, 0, len(self.choices) - 1)
        fine = np.take_along_axis(self.allowed, inside[..., None], axis=-1)[..., 0] & (inside == choice)
        choice = np.where(fine, inside, np.argmax(self.allowed, axis=-1))
        least, most = (np.take_along_axis(a, choice[..., None], axis=-1)[..., 0] for a in (self.least, self.most))
        way = np.clip(np.nan_to_num(np.asarray(unit, dtype=float)), 0.0, 1.0)
        return Decision(choice, least + (most - least) * way)

    def spreading(self, y: Any) -> Decision:
        """The decision nearest to any numbers y, shape (..., devices, choices): rows onto {y >= 0, sum y <= 1}."""
        y = np.clip(np.nan_to_num(np.asarray(y, dtype=float)), 0.0, 1.0)
        return Decision(None, onto_capped_simplex(np.where(self.allowed, y, 0.0)))

    def random(self, rng: np.random.Generator) -> Decision:
        """An allowed decision at random: a choice uniformly among those allowed, a share uniformly in its limits; of
        devices that spread themselves a point of the simplex, idling among its corners."""
        if self.spread:
            weights = rng.exponential(size=self.allowed.shape) * self.allowed
            return Decision(None, weights / (weights.sum(axis=-1, keepdims=True) + rng.exponential()))
        keys = np.where(self.allowed, rng.random(self.allowed.shape), -1.0)
        return self.decided(np.argmax(keys, axis=-1), rng.random(self.allowed.shape[:-1]))

    def worth(self, decision: Decision) -> Array:
        """The known part of each device's objective under a decision of choices, shape (..., devices)."""
        if self.known is None or decision.choice is None:
            return np.zeros(self.allowed.shape[:-1])
        constant, slope = (np.broadcast_to(part, self.allowed.shape) for part in self.known)
        picked = decision.choice[..., None]
        fixed, steep = (np.take_along_axis(part, picked, axis=-1)[..., 0] for part in (constant, slope))
        return np.asarray(fixed + steep * decision.share)


def onto_capped_simplex(y: Array) -> Array:
    """Euclidean projection of every row of (..., k) onto {y >= 0, sum y <= 1} (Duchi et al., ICML 2008)."""
    clipped = np.maximum(y, 0.0)
    over = clipped.sum(axis=-1) > 1.0
    if not over.any():
        return clipped
    rows = y[over]
    ordered = -np.sort(-rows, axis=1)
    excess = np.cumsum(ordered, axis=1) - 1.0
    counts = np.arange(1, y.shape[-1] + 1)
    last = np.sum(ordered - excess / counts > 0, axis=1)
    threshold = excess[np.arange(len(rows)), last - 1] / last
    clipped[over] = np.maximum(rows - threshold[:, None], 0.0)
    return clipped


def stacked_decisions(views: list[Decisions]) -> Decisions:
    """Views of equal shape as one with a leading axis; its `complete` is refused, since it is for one slot."""
    first = views[0]
    names = ("allowed", "least", "most", "scale")
    known = None
    parts = [v.known for v in views if v.known is not None]
    if parts:
        constant, slope = (np.stack([np.broadcast_to(part[i], first.allowed.shape) for part in parts]) for i in (0, 1))
        known = (constant, slope)
    beside = {name: np.stack([v.arrays[name] for v in views if v.arrays]) for name in first.arrays or ()}

    def see(kind: str) -> Features:
        parts = [v.see(kind) for v in views]
        device, pair = np.stack([p.device for p in parts]), np.stack([p.pair for p in parts])
        return replace(parts[0], device=device, pair=pair)

    def complete(decision: Decision) -> dict[str, Any]:
        raise InputError("many slots are completed one by one", "take the view of one of them")

    stacks: dict[str, Any] = {name: np.stack([getattr(v, name) for v in views]) for name in names}
    return replace(first, **stacks, known=known, see=see, complete=complete, arrays=beside or None, instance=None)


__all__ = ["Decision", "Decisions", "Features", "onto_capped_simplex", "stacked_decisions"]
