"""One frame of P1, declared once.

    max  sum_i w_i [ (1 - x_i) r_i + x_i o_i ]   s.t.  a + sum tau_i <= 1,  a, tau >= 0,  x binary        (P1)
    r_i = eta1 (h_i/k_i)^(1/3) a^(1/3),   o_i = (B/v) tau_i log2(1 + mu P h_i^2 a / (tau_i N0))

with eta1 = (mu P)^(1/3) / phi (Huang, Bi & Zhang, IEEE TMC 19(11), 2020, eqs. (3)-(7)). Rates are in Mbit/s.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from qmectk.instance import view
from qmectk.language import Language
from qmectk.presenting.describing import Table
from qmectk.views import RESTRICTION, Binary, Decision, Decisions, Lowered, Quadratic, SharedBudget

from .decisions import OFFLOAD, p1_decisions
from .frame import P1Frame
from .restriction import lower_to_grid
from .shown import draw, table
from .view import P1Binary


class P1Instance(P1Frame):
    """A frame as it is declared, and its views."""

    def describe(self) -> list[Table]:
        """Gains, weights and rates of the devices; what is declared."""
        return [table(self), *super().describe()[-2:]]

    def picture(self, figure: Any) -> None:
        """Who offloads in the optimum, how the frame is shared out, and what each device gets."""
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
        m.le(offload, self.scale * m.perspective_log1p(tau, self.snr * a), "offloading rate")
        m.le(offload, self.alone * x, "offload only if offloading", redundant=True)
        m.le(tau, x, "time only if offloading")

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

        return p1_decisions(self.passive, self.scale, self.snr, seen=self.observed, complete=complete)

    @view(SharedBudget)
    def shared_budget(self) -> Lowered:
        """The arrays themselves."""
        made = SharedBudget(self.passive, self.scale, self.snr, self.point)

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
        return lower_to_grid(self, grid, levels, shares, max_bits)
