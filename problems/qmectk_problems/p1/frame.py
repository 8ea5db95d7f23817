"""The numbers of one frame of P1 and what follows from an action; :mod:`.instance` declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qmectk.instance import Instance
from qmectk.problem import Problem

from ..stacking import stacked
from .fixed_action import complete_action
from .params import P1Params
from .rates import rates

Array = NDArray[np.float64]

#: Most steps of Newton's method: 8 lead from the start to the root at c = 1e300, and each one then doubles the digits.
STEPS = 20

#: A relative step after which the next one would be rounding only.
SMALL = 1e-8


def best_alone(c: Array) -> Array:
    """ln(1 + s) at the SNR s at which a device that offloads alone is best, of c >= 0, both of shape (n,).

    It is 1 + W((c - 1)/e) with Lambert's W, which loses half of its digits next to its branch point (c -> 0): here it
    is the root u of the convex ``(u - 1) exp(u) + 1 = c``, by Newton's method from above.
    """
    u = np.minimum(np.sqrt(2.0 * c), 1.0 + np.log1p(c))
    for _ in range(STEPS):
        slope = u * np.exp(u)
        value = slope - np.expm1(u)
        small = u < 1e-3
        if small.any():  # the difference would lose its digits
            value = np.where(small, u * u * (1 / 2 + u * (1 / 3 + u * (1 / 8 + u / 30))), value)
        step = np.divide(value - c, slope, out=np.zeros_like(u), where=slope > 0.0)
        u = u - step
        if (np.abs(step) <= SMALL * u).all():
            break
    return u


@dataclass(eq=False)
class P1Frame(Instance):
    """Arrays of one frame, all of shape (n,).

    Attributes
    ----------
    passive
        L_i = w_i eta1 (h_i/k_i)^(1/3): weighted local rate at a = 1 [Mbit/s].
    scale
        w_i B / (v ln 2): weighted offloading rate per time share and nat [Mbit/s].
    snr
        c_i = mu P h_i^2 / N0: signal-to-noise ratio at a = tau = 1.
    trace, frame, first
        Gains of the stream from frame `first` on, shape (frames, n), and which frame this is.
    seen
        What was known of the gains when each frame was decided, of the shape of `trace`; None where that is `trace`.
    """

    passive: Array
    scale: Array
    snr: Array
    trace: Array
    frame: int = 0
    problem: Problem | None = None
    unit: str = "Mbit/s"
    seen: Array | None = None
    first: int = 0

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"p1[frame {self.frame}]"

    @property
    def n(self) -> int:
        """Number of devices."""
        return int(self.passive.shape[-1])

    @classmethod
    def stack(cls, instances: Sequence[Self]) -> Self | None:
        found = stacked(instances, ("passive", "scale", "snr"))
        return None if found is None else cls(**found, trace=instances[0].trace)

    @cached_property
    def alone(self) -> Array:
        """Largest weighted rate of each device when it offloads alone [Mbit/s]: an upper bound on offload_i.

        With s the SNR and tau = c/(c + s), the rate scale c ln(1 + s)/(c + s) is largest at the s of
        :func:`best_alone`, and is then scale c/(1 + s). Rounded up by 1e-6, which is more than rounding does.
        """
        return self.scale * self.snr * np.exp(-best_alone(self.snr)) * (1.0 + 1e-6)

    @property
    def observed(self) -> Array:
        """Power gains h, shape (n,)."""
        return np.asarray(self.trace[self.frame - self.first])

    @property
    def weights(self) -> Array:
        """w_i, shape (n,); 1 where the problem's constants are not known."""
        params = None if self.problem is None else self.problem.params
        if not isinstance(params, P1Params):
            return np.ones(self.n)
        _, unweighted, _ = rates(np.ones(1), 1.0, params.constants)
        return np.round(self.scale / unweighted, 12)  # what the division adds

    def data(self) -> dict[str, Any]:
        """h and w, and what was seen of h when the frame was decided, where that is not h."""
        found = {"h": self.observed, "w": self.weights}
        return found if self.seen is None else {**found, "seen": self.seen[self.frame]}

    def point(self, action: Any, a: float, tau: Array) -> dict[str, Any]:
        """All declared variables from the action, the energy-transfer share and the time shares."""
        x = np.asarray(action, dtype=float)
        on = x > 0.5
        share = np.where(on, tau, 0.0)
        safe = np.where(share > 0, share, 1.0)
        offload = np.where(share > 0, self.scale * share * np.log1p(self.snr * a / safe), 0.0)
        local = np.where(on, 0.0, self.passive * a ** (1 / 3))
        return {"a": float(a), "tau": share, "x": x, "local": local, "offload": offload}

    def complete(self, action: Any) -> dict[str, Any]:
        """The best continuous part for an action (P2)."""
        _, a, tau = complete_action(self.passive, self.scale, self.snr, np.asarray(action))
        return self.point(action, a, tau)

    def carry_out(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Who offloads is as decided; the time is shared out when the frame begins and its gains are known (P2)."""
        return self.complete(values["x"])
