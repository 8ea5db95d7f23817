"""One frame of P1, declared once.

    max  sum_i w_i [ (1 - x_i) r_i + x_i o_i ]   s.t.  a + sum tau_i <= 1,  a, tau >= 0,  x binary        (P1)
    r_i = eta1 (h_i/k_i)^(1/3) a^(1/3),   o_i = (B/v) tau_i log2(1 + mu P h_i^2 a / (tau_i N0))

with eta1 = (mu P)^(1/3) / phi (Huang, Bi & Zhang, IEEE TMC 19(11), 2020, eqs. (3)-(7)). Rates are in Mbit/s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw

from qmectk.describing import Table
from qmectk.language import Language
from qmectk.problem import Instance, view
from qmectk.views import RESTRICTION, Binary, Decision, Decisions, Lowered, Quadratic, SharedBudget

from ..stacking import stacked
from .decisions import OFFLOAD, p1_decisions
from .fixed_action import complete_action
from .rates import rates
from .shown import draw, table
from .view import P1Binary

if TYPE_CHECKING:
    from .problem import P1

Array = NDArray[np.float64]


@dataclass(eq=False)
class P1Instance(Instance):
    """Arrays of one frame, all of shape (n,).

    Attributes
    ----------
    passive
        L_i = w_i eta1 (h_i/k_i)^(1/3): weighted local rate at a = 1 [Mbit/s].
    scale
        w_i B / (v ln 2): weighted offloading rate per time share and nat [Mbit/s].
    gain
        c_i = mu P h_i^2 / N0: signal-to-noise ratio at a = tau = 1.
    trace, frame, first
        Gains of the stream from frame `first` on, shape (frames, n), and which frame this is.
    seen
        What was known of the gains when each frame was decided, of the shape of `trace`; None where that is `trace`.
    """

    passive: Array
    scale: Array
    gain: Array
    trace: Array
    frame: int = 0
    problem: P1 | None = None
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
    def stack(cls, instances: Sequence[P1Instance]) -> P1Instance | None:
        found = stacked(instances, ("passive", "scale", "gain"))
        return None if found is None else cls(**found, trace=instances[0].trace)

    @cached_property
    def alone(self) -> Array:
        """Largest weighted rate of each device when it offloads alone [Mbit/s]: an upper bound on offload_i.

        With s the SNR and tau = c/(c + s), the rate scale c ln(1 + s)/(c + s) is largest where
        1 + s = exp(1 + W((c - 1)/e)), and is then scale c/(1 + s). Rounded up by 1e-6, because W loses half of
        its digits next to its branch point (c -> 0), where it may be NaN and 1 + s is 1.
        """
        best = np.fmax(np.exp(1.0 + lambertw((self.gain - 1.0) / np.e).real), 1.0)
        return self.scale * self.gain / best * (1.0 + 1e-6)

    @property
    def observed(self) -> Array:
        """Power gains h, shape (n,)."""
        return np.asarray(self.trace[self.frame - self.first])

    @property
    def weights(self) -> Array:
        """w_i, shape (n,); 1 where the problem's constants are not known."""
        if self.problem is None:
            return np.ones(self.n)
        _, unweighted, _ = rates(np.ones(1), 1.0, self.problem.params.constants)
        return np.round(self.scale / unweighted, 12)  # what the division adds

    def data(self) -> dict[str, Any]:
        """h and w, and what was seen of h when the frame was decided, where that is not h."""
        found = {"h": self.observed, "w": self.weights}
        return found if self.seen is None else {**found, "seen": self.seen[self.frame]}

    def describe(self) -> list[Table]:
        """Gains, weights and rates of the devices; what is declared."""
        return [table(self), *super().describe()[-2:]]

    def picture(self, figure: Any) -> None:
        """Who offloads in the optimum, how the frame is shared out, and what everybody gets."""
        draw(self, figure)

    def declare(self, m: Language) -> None:
        a = m.var("a", upper=1)
        tau = m.var("tau", self.n, upper=1)
        x = m.var("x", self.n, kind="binary")
        local = m.var("local", self.n, upper=self.passive)
        offload = m.var("offload", self.n, upper=self.alone)
        m.maximize(m.sum(local) + m.sum(offload))
        m.le(a + m.sum(tau), 1, "time")
        # the perspective of a^(1/3): a^(1/3) when x = 0, nothing when x = 1, and tight in between
        m.le(local, self.passive * m.perspective_power(1 - x, a, 1 / 3), "local rate")
        m.le(local, self.passive * (1 - x), "local only if not offloading", redundant=True)
        m.le(offload, self.scale * m.perspective_log1p(tau, self.gain * a), "offloading rate")
        m.le(offload, self.alone * x, "offload only if offloading", redundant=True)
        m.le(tau, x, "time only if offloading")

    def point(self, action: Any, a: float, tau: Array) -> dict[str, Any]:
        """All declared variables from the action, the energy-transfer share and the time shares."""
        x = np.asarray(action, dtype=float)
        on = x > 0.5
        share = np.where(on, tau, 0.0)
        safe = np.where(share > 0, share, 1.0)
        offload = np.where(share > 0, self.scale * share * np.log1p(self.gain * a / safe), 0.0)
        local = np.where(on, 0.0, self.passive * a ** (1 / 3))
        return {"a": float(a), "tau": share, "x": x, "local": local, "offload": offload}

    @view(Binary)
    def binary(self) -> Lowered:
        """Every candidate scored by the one-root solution of P2."""
        made = P1Binary(self)
        return Lowered(made, made.complete, lower=lambda values: np.asarray(values["x"]))

    @view(Decisions)
    def decisions(self) -> Decisions:
        """Who offloads; see :mod:`qmectk_problems.p1.decisions`."""

        def complete(decision: Decision) -> dict[str, Any]:
            return self.complete(np.asarray(decision.choice) == OFFLOAD)

        return p1_decisions(self.passive, self.scale, self.gain, seen=self.observed, complete=complete)

    @view(SharedBudget)
    def shared_budget(self) -> Lowered:
        """The arrays themselves."""
        made = SharedBudget(self.passive, self.scale, self.gain, self.point)

        def lift(found: Any) -> dict[str, Any]:
            action, a, tau = found
            return self.point(action, a, tau)

        return Lowered(made, lift, lower=lambda values: (values["x"], values["a"], values["tau"]))

    @view(Quadratic, RESTRICTION)
    def grid(
        self,
        *,
        grid: Annotated[int, "steps of the time grid, 2 to 1024; 0 chooses grid, levels and shares"] = 0,
        levels: Annotated[str, "energy-transfer shares tried, in steps ('3,4,5'); empty for half the grid"] = "",
        shares: Annotated[str, "shares an offloading device may take, in steps ('1,2'); empty for one step"] = "",
        max_bits: int | None = None,
    ) -> Lowered:
        """Time shares on a grid: see :mod:`qmectk_problems.p1.restriction`."""
        from .restriction import lower_to_grid

        return lower_to_grid(self, grid, levels, shares, max_bits)

    def complete(self, action: Any) -> dict[str, Any]:
        """The best continuous part for an action (P2)."""
        _, a, tau = complete_action(self.passive, self.scale, self.gain, np.asarray(action))
        return self.point(action, a, tau)

    def carry_out(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Who offloads is as decided; the time is shared out when the frame begins and its gains are known (P2)."""
        return self.complete(values["x"])
