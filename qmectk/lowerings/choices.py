"""Decisions as bits: one for every option of a device beyond its first one, for solvers that search bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import Infeasible, InputError, Refused
from ..options import option
from ..readings.batched import measure_points
from ..status import FEASIBILITY_TOLERANCE
from ..views import RESTRICTION, Binary, Decision, Decisions, Lowered
from ..views.binary import Actions, Array
from .base import Lowering

#: Most shares of a choice: a bit each, and a search by bits of thousands a device comes to no end.
FINEST = 1000


class ChoiceBits(Binary):
    """Any bits are a decision; it is completed by the problem and scored by measuring that.

    An option is a choice, with a share where the choice leaves one open. A device without a bit makes the first choice
    that it is allowed, at the upper limit of its share; bits of choices that it is not allowed mean nothing, so that
    all slots have as many and policies of bits can learn. Of several bits a device follows the one that is best where
    no other device has any: they say what it may do, and flips one by one lead from every option to every other.

    Parameters
    ----------
    decisions
        Of one instance; devices choose.
    shares
        Shares of an open choice: its upper limit, or so many evenly spaced ones, both limits among them.
    """

    title = "Binary (a bit a device and option)"

    def __init__(self, decisions: Decisions, shares: int) -> None:
        self.decisions, self.instance = decisions, decisions.instance
        self.sense = decisions.sense
        self.first = np.argmax(decisions.allowed, axis=-1)
        grid = np.linspace(0.0, 1.0, shares)[::-1] if shares > 1 else np.ones(1)
        opened = np.asarray(decisions.open.any(axis=0))
        rows = [
            (device, choice, unit)
            for device in range(decisions.devices)
            for choice in range(len(decisions.choices))
            for unit in (grid if opened[choice] else grid[:1])
            if (choice, unit) != (0, 1.0)
        ]
        self.n = len(rows)
        device, choice, unit = np.array(rows).reshape(-1, 3).T
        #: of every bit: its device, the choice and how far the share is from its lower to its upper limit
        self.device, self.choice, self.unit = device.astype(int), choice.astype(int), unit
        #: whether it means anything here
        self.allowed = decisions.allowed[self.device, self.choice]

    def decision(self, action: Actions) -> Decision:
        """What the devices do at one candidate, shape (n,)."""
        chosen = np.flatnonzero((np.asarray(action) > 0) & self.allowed)
        if len(np.unique(self.device[chosen])) < len(chosen):
            chosen = chosen[np.argsort(self._alone[chosen], kind="stable")]  # what is written last stays
        choice, unit = self.first.copy(), np.ones(self.decisions.devices)
        choice[self.device[chosen]], unit[self.device[chosen]] = self.choice[chosen], self.unit[chosen]
        return self.decisions.decided(choice, unit)

    def score(self, actions: Actions) -> Array:
        scores = np.full(len(np.atleast_2d(actions)), -np.inf)
        points: list[tuple[int, Mapping[str, Any]]] = []
        for row, action in enumerate(np.atleast_2d(actions)):
            try:
                points.append((row, self.complete(action)))
            except Infeasible:
                continue
        rows = [row for row, _ in points]
        scores[rows] = self._measured([point for _, point in points])
        return scores

    def _measured(self, points: list[Mapping[str, Any]]) -> Array:
        found = None
        if len(points) > 1:
            together = {name: np.array([point[name] for point in points], dtype=float) for name in points[0]}
            found = measure_points(self.instance, together, len(points))
        if found is None:
            each = [self.instance.measure(point) for point in points]
            found = np.array([one.objective for one in each]), np.array([one.violation for one in each])
        objective, violation = found
        return np.where(violation <= FEASIBILITY_TOLERANCE, self.sense * objective, -np.inf)

    def complete(self, action: Actions) -> dict[str, Any]:
        return self.decisions.complete(self.decision(action))

    @cached_property
    def _alone(self) -> Array:
        return self.score(np.eye(self.n, dtype=np.int8))


@dataclass(frozen=True)
class ChoiceOptions:
    """How fine shares are."""

    shares: int = option(1, "shares that a bit may stand for, of a choice that leaves one open; 1 is its upper limit")


class BitsOfDecisions(Lowering):
    """Decisions -> Binary, for problems that say what is decided and hand over no Binary view themselves.

    It promises a restriction at most, even where bits say everything, so that a problem's own Binary view of any kind
    comes first.
    """

    name = "bits of decisions"
    source, target, fidelity = Decisions, Binary, RESTRICTION
    Options = ChoiceOptions

    def refuses(self, view: Decisions) -> str | None:
        return "devices spread themselves over their choices, which no bits say" if view.spread else None

    def apply(self, view: Decisions, options: Any, max_bits: int | None) -> Lowered:
        reason = self.refuses(view)
        if reason:
            raise Refused(reason)
        if not 1 <= options.shares <= FINEST:
            raise InputError(f"shares must be 1 to {FINEST}, not {options.shares}")
        made = ChoiceBits(view, options.shares)
        several = f"{options.shares} shares" if options.shares > 1 else "the upper limit"
        note = f"{several} of every choice that leaves a share open" if view.open.any() else ""
        return Lowered(made, made.decision, RESTRICTION, note)


__all__ = ["BitsOfDecisions", "ChoiceBits"]
