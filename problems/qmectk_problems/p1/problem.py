"""The problem family P1: parameters to instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.data import Numbers, real_numbers
from qmectk.errors import InputError
from qmectk.instance import Instance
from qmectk.problem import Problem

from ..files import with_content
from ..gains import POWER, checked_gains
from .copies import P1Copies, fresh
from .crowd import present
from .instance import P1Instance
from .params import P1Params
from .rates import rates
from .reading import P1Reading
from .world_params import Crowd
from .worlds import World, world

if TYPE_CHECKING:
    from qmectk.worlds.copies import Copies

Array = NDArray[np.float64]


class P1(Problem):
    """Weighted sum-rate maximisation in wireless-powered MEC."""

    name = "p1"
    imported_late = (f"{__package__}.action_loops",)
    environment = "qmectk/P1-v0"
    summary = "binary offloading in wireless-powered MEC, weighted sum rate (DROO, QAROO)"
    Params = P1Params
    Reads = P1Reading
    #: The layout of DROO's data sets, whose objective is in bit/s (https://github.com/revenol/DROO).
    published_names = {
        "input_h": ("h", 1.0),
        "output_mode": ("x", 1.0),
        "output_a": ("a", 1.0),
        "output_tau": ("tau", 1.0),
        "output_obj": ("optimum", 1e6),
    }
    params: P1Params

    def __init__(self, params: P1Params, source: str = "") -> None:
        super().__init__(params, source)
        self._world: World | None = None

    def fingerprint(self) -> str:
        recorded = self.params.file_gains
        return super().fingerprint() if recorded is None else with_content(super().fingerprint(), recorded)

    @property
    def coupled(self) -> bool:
        channel: Any = self.params.channel
        moving = getattr(channel, "mobility", None) is not None or self.params.switching is not None
        return channel.model in ("correlated", "jakes") or moving

    def changes(self) -> Sequence[int]:
        first, known = self.params.training_frames, self.params.frames
        frames = {change.frame - first for change in self.params.changes}
        return sorted(frame for frame in frames if 0 < frame < known)

    @property
    def weights(self) -> Array:
        """w_i before anything changes, shape (devices,)."""
        return self.params.first_weights

    def reading(self) -> P1Reading:
        return P1Reading(self.params.weights, **self.params.constants.model_dump(mode="json"))

    @property
    def trace(self) -> Array:
        """Power gains of all training and evaluation frames, shape (frames, devices)."""
        return self._drawn(self.params.training_frames + self.params.frames).gains

    def arrays(self, gains: Any) -> tuple[Array, Array, Array]:
        """(passive, scale, snr) of gains h, shape (..., devices); see :class:`~.frame.P1Frame` for the units."""
        return rates(gains, self.weights, self.params.constants)

    def instance(self, gains: Any) -> P1Instance:
        """An instance with given power gains h, shape (devices,).

        Raises
        ------
        InputError
            When they are no real numbers >= 0, or not as many as there are devices.
        """
        try:
            h = np.atleast_1d(real_numbers(gains, "'gains'", POWER))
            if h.shape != (self.params.devices,):
                raise ValueError(f"'gains' has the shape {h.shape}, and there are {self.params.devices} devices")
            rows = checked_gains(Numbers(h[None, :], "'gains'"))
        except ValueError as error:
            raise InputError(str(error)) from error
        return P1Instance(*self.arrays(h), trace=rows, problem=self)

    def memory(self, start: int, stop: int) -> float:
        # gains from the first frame on, the steps that lead to them, and what else changes; then three arrays a frame
        params, mobility = self.params, getattr(self.params.channel, "mobility", None)
        drawn = {"correlated": 7, "jakes": 8}.get(params.channel.model, 1) + 2 * bool(params.changes)
        drawn += sum(part is not None for part in (params.observe, params.switching, mobility))
        return 8.0 * params.devices * (drawn * self._reach(stop) + 3 * (stop - start))

    def stream(self, start: int, stop: int) -> Sequence[Instance]:
        drawn = self._drawn(stop)
        rows = drawn.gains[start:stop]
        weights = drawn.weights if drawn.weights.ndim == 1 else drawn.weights[start:stop]
        if self.params.crowd is not None:
            return self._crowds(self.params.crowd, rows, np.broadcast_to(weights, rows.shape), start)
        passive, scale, snr = rates(rows, weights, self.params.constants)
        return [
            P1Instance(passive[t], scale[t], snr[t], drawn.gains, start + t, self, seen=drawn.seen)
            for t in range(len(rows))
        ]

    def _crowds(self, crowd: Crowd, gains: Array, weights: Array, start: int) -> Sequence[Instance]:
        frames = []
        for t, (row, own) in enumerate(zip(gains, weights, strict=True), start):
            there = present(self.params, crowd, own, t)
            trace = row[there.devices][None, :]  # this crowd has no past
            frames.append(P1Instance(*there.arrays(row), trace, t, self, first=t))
        return frames

    def observe(self, instance: P1Instance) -> Instance | None:
        """The gains that are known when the frame is decided, with its weights: those are the operator's own.

        What the access point decides on them is who offloads. It shares out the time when the frame begins, by then
        it has measured the gains (:meth:`P1Instance.carry_out`).
        """
        if instance.seen is None:
            return None
        at = instance.frame
        known = instance.seen[: at + 1]  # later rows tell of this frame
        weights = self._drawn(at + 1).weights
        passive, scale, snr = rates(known[at], weights if weights.ndim == 1 else weights[at], self.params.constants)
        return P1Instance(passive, scale, snr, known, at)

    def copies(self, count: int, rng: np.random.Generator) -> Copies:
        if not fresh(self.params):  # frames with a past or a crowd are those to train on, one by one
            return super().copies(count, rng)
        return P1Copies(self.params, count, rng)

    def _drawn(self, stop: int) -> World:
        """The first `stop` frames at least, not all: a time limit may end a long stream near its beginning."""
        if self._world is None or len(self._world.gains) < self._reach(stop):
            self._world = world(self.params, self._reach(stop))
        return self._world

    def _reach(self, stop: int) -> int:
        """How many frames are drawn where `stop` are wanted: of frames that are asked for one by one, twice as many."""
        total = self.params.training_frames + self.params.frames
        known = 0 if self._world is None else len(self._world.gains)
        return min(stop if stop <= known else max(stop, 2 * known), total)
