"""``separable``: closed forms, one device at a time, for any number of states at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from qmectk import Backend, Budget, Curves, PerDevice, Reply, Termination
from qmectk.language import Signature

#: Relative rounding of a curve's value: a handful of operations, of which differences may cancel.
ROUNDING = 64.0 * float(np.finfo(float).eps)

#: States solved in one call.
BATCH = 4096


class Separable(Backend):
    """The best share of every mode and the best mode of every device; a pool of slots goes to the largest gains."""

    name, accepts = "separable", (PerDevice,)
    summary = "closed form a device, the largest gains first where slots are shared"
    proves = True

    def solve(self, view: PerDevice, budget: Budget, rng: np.random.Generator) -> Reply:
        return _reply(view, *view.best())

    def solve_many(
        self, views: Sequence[PerDevice], budget: Budget, rngs: Sequence[np.random.Generator]
    ) -> list[Reply]:
        replies: list[Reply] = []
        for start in range(0, len(views), BATCH):
            if start and budget.expired():
                break
            batch = views[start : start + BATCH]
            together = stack(batch)
            if together is None:
                replies += [_reply(view, *view.best()) for view in batch]
            else:
                mode, share, value = together.best()
                replies += [_reply(view, mode[b], share[b], value[b]) for b, view in enumerate(batch)]
            budget.report(self.name, len(replies), len(views))
        return replies

    @classmethod
    def effort(cls, signature: Signature) -> float | None:
        return 1e-5 + 1e-8 * signature.bits


def stack(views: Sequence[PerDevice]) -> PerDevice | None:
    """One view with a leading axis of states; None where the views differ in more than numbers."""
    first = views[0]
    size: tuple[int, ...] = np.shape(first.curves.constant)

    def kind(view: PerDevice) -> Any:
        curves = view.curves
        return np.shape(curves.constant), curves.quadratic is None, curves.weight is None, view.slots, *view.pooled

    if len(views) == 1 or any(kind(view) != kind(first) for view in views[1:]):
        return None

    def together(parts: list[Any]) -> Any:
        if parts[0] is None:
            return None
        if isinstance(parts[0], tuple):
            return tuple(together(list(column)) for column in zip(*parts, strict=True))
        return np.stack([np.broadcast_to(part, size) for part in parts])

    joined = {f.name: together([getattr(view.curves, f.name) for view in views]) for f in fields(Curves)}
    return PerDevice(Curves(**joined), first.pooled, first.slots, first.point)


def _reply(view: PerDevice, mode: np.ndarray, share: np.ndarray, value: np.ndarray) -> Reply:
    stuck = int((~np.isfinite(value)).sum())
    if stuck:
        return Reply(None, Termination.PROVED, message=f"{stuck} devices have no mode left that meets their limits")
    total = float(value.sum())
    rounding = ROUNDING * len(value) * float(np.abs(value).sum()) / max(abs(total), 1e-12)
    counts = {f"mode_{k}": int((mode == k).sum()) for k in range(np.shape(view.curves.constant)[-1])}
    return Reply(
        (mode, share), Termination.PROVED, total, "closed form a device", min(rounding, 1e-3), total, info=counts
    )
