"""One slot of single-cloud hybrid offloading (Ye et al., arXiv 2306.14588), declared once.

    min  sum_m V C_m(phi_m) - z_m phi_m     [+ z_m Delta where phi_m = 0, with the printed queue]

over local computing (phi = 0), the cloud's CPU or its QPU, shares within the deadlines. Devices do not interact, so
the optimum is a closed form a device; with `qpu_slots` the QPU takes that many, and the largest gains get it.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from qmectk.instance import view
from qmectk.language import Language
from qmectk.presenting.describing import Table
from qmectk.readings.quadratic import read_quadratic
from qmectk.views import RESTRICTION, Binary, Decisions, Fidelity, Lowered, Modes, PerDevice, Quadratic

from ..choices import Choices
from .bits import CloudBits
from .costs import CPU, KINDS, LOCAL, QPU
from .decisions import decisions
from .slot import MeqcYeSlot


class MeqcYeInstance(MeqcYeSlot):
    """A slot as it is declared, and its views."""

    def declare(self, m: Language) -> None:
        terms, n = self.terms, self.n
        low, high, local = terms.limits
        there = low <= high
        high = np.where(there, high, 0.0)
        low = np.where(there, low, 0.0)
        offload = m.var("offload", n, kind="binary")
        qpu = m.var("qpu", n, kind="binary")
        cpu_share, qpu_share = m.var("cpu_share", n, upper=1), m.var("qpu_share", n, upper=1)
        cpu, share = offload - qpu, cpu_share + qpu_share
        fixed = np.sum(self.V * terms.drop_extra + self.local_charge, axis=-1, keepdims=m.batched)
        queue = m.sum(share * -self.queue) + m.sum(offload * -self.local_charge) + fixed
        m.minimize(self._cost(m, offload, cpu_share, qpu_share) * self.V + queue)
        m.le(qpu, offload, "the QPU only when offloading")
        m.ge(offload, np.where(local | terms.dropped, 0.0, 1.0), "local only within the deadline")
        m.le(cpu, there[..., 0].astype(float), "the CPU only within the deadline")
        m.le(qpu, there[..., 1].astype(float), "the QPU only where admissible and within the deadline")
        for name, part, chosen, k in (("CPU", cpu_share, cpu, 0), ("QPU", qpu_share, qpu, 1)):
            m.le(part, chosen * high[..., k], f"largest {name} share")
            m.ge(part, chosen * low[..., k], f"least {name} share")
        if self.slots is not None:
            m.le(m.sum(qpu), float(self.slots), "QPU slots")

    def _cost(self, m: Language, offload: Any, cpu_share: Any, qpu_share: Any) -> Any:
        terms, one = self.terms, self.terms.costs
        left = 1 - cpu_share - qpu_share
        if terms.form == "published":
            squares = m.square(left) * terms.home
            squares = squares + m.square(cpu_share) * terms.away[..., 0] + m.square(qpu_share) * terms.away[..., 1]
            return m.sum(squares + (cpu_share + qpu_share) * terms.answer)
        if terms.form == "serial":
            remote = cpu_share * terms.away[..., 0] + qpu_share * terms.away[..., 1] + offload * terms.answer
            return m.sum(left * terms.home + remote)
        time = m.var("time", self.n)
        m.ge(time, left * one.local_time, "time at home")
        remote = cpu_share * one.time[..., 0] + qpu_share * one.time[..., 1] + offload * one.answer_time
        m.ge(time, remote, "time at the cloud")
        energy = left * one.local_energy + cpu_share * one.energy[..., 0] + qpu_share * one.energy[..., 1]
        return m.sum(time * terms.time_weight + (energy + offload * one.answer_energy) * terms.energy_weight)

    # ---- structure --------------------------------------------------------------------------------

    @view(PerDevice)
    def per_device(self) -> Lowered:
        """The curves themselves; the QPU's slots are the pool."""
        made = PerDevice(self.curves, np.array([False, False, True]), self.slots, self.point)
        return Lowered(made, lambda found: self.point(*found))

    @view(Modes)
    def modes(self) -> Lowered:
        """The same for the baselines; one server, with a slot a QPU job where they are limited."""
        slots = np.full((self.n, 3), -1)
        if self.slots is not None:
            slots[:, QPU] = 0
        capacity = np.array([] if self.slots is None else [self.slots], dtype=np.int64)
        made = Modes(self.curves, KINDS, np.array([-1, 0, 0]), slots, capacity, self.point)
        return Lowered(made, lambda found: self.point(*found))

    @view(Decisions)
    def decisions(self) -> Decisions:
        """Mode and share of each device, for policies."""
        return decisions(self)

    @view(Quadratic)
    def candidates(
        self, *, levels: Annotated[int, "shares tried for every mode; 0 for the best one, which loses nothing"] = 0
    ) -> Lowered:
        """One bit a mode at its best share (exact), or at `levels` shares between the limits (a restriction)."""
        share, value = self.curves.minimise()
        share, value = share[..., None], value[..., None]
        if levels > 1:
            steps = np.linspace(0.0, 1.0, levels)
            lower, upper = self.curves.lower[..., None], self.curves.upper[..., None]
            share = lower + (upper - lower) * steps
            wide = self.curves.replaced(
                **{
                    name: None if array is None else array[..., None]
                    for name in ("constant", "linear", "lower", "upper", "quadratic", "weight")
                    for array in [getattr(self.curves, name)]
                },
                **{
                    name: None if pair is None else (pair[0][..., None], pair[1][..., None])
                    for name in ("first", "second")
                    for pair in [getattr(self.curves, name)]
                },
            )
            value = np.where(wide.available, wide.value(share), np.inf)
            value[:, LOCAL, 1:] = np.inf
        device, mode, level = np.nonzero(np.isfinite(value))
        slot = np.where((mode == QPU) & (self.slots is not None), 0, -1)
        capacity = np.array([] if self.slots is None else [self.slots], dtype=np.int64)
        made = Choices(value[device, mode, level], device, slot, self.n, capacity)

        def lift(values: Any) -> dict[str, Any]:
            picked = made.chosen(values["x"])
            return self.point(mode[picked], share[device[picked], mode[picked], level[picked]])

        fidelity = RESTRICTION if levels > 1 else Fidelity.EXACT
        note = f"{levels} shares a mode" if levels > 1 else "the best share of each mode"
        return Lowered(read_quadratic(made), lift, fidelity, note)

    @view(Binary, RESTRICTION)
    def named_bits(self) -> Binary:
        """The declared bits themselves, for rounding relaxations; heuristics prefer the view below."""
        return CloudBits(self, both=True)

    @view(Binary)
    def offload_bits(self) -> Binary:
        """One bit a device: local, or away in its best mode."""
        return CloudBits(self)

    # ---- for people -------------------------------------------------------------------------------

    def describe(self) -> list[Table]:
        terms, one = self.terms, self.terms.costs
        low, high, local = terms.limits
        mode, share, _ = self.per_device().view.best()

        def limits(i: int, k: int) -> str:
            return f"{low[i, k]:.2f}..{high[i, k]:.2f}" if low[i, k] <= high[i, k] else "-"

        rows = tuple(
            (
                i,
                float(self.queue[i]),
                float(one.deadline[i]),
                float(terms.home[i]) if local[i] else "too late",
                *(float(terms.away[i, k]) if one.admissible[i, k] else "-" for k in (0, 1)),
                limits(i, 0),
                limits(i, 1),
                "dropped" if terms.dropped[i] else KINDS[mode[i]],
                float(share[i]),
            )
            for i in range(self.n)
        )
        headers = (
            "device", "queue", "deadline [s]", "local cost", "CPU cost", "QPU cost", "CPU shares", "QPU shares",
            "best mode", "best share",
        )  # fmt: skip
        return [Table("devices", headers, rows)]

    def picture(self, figure: Any) -> None:
        figure.set_size_inches(9.0, 3.6)
        axes = figure.add_subplot(1, 2, 1)
        place = np.arange(self.n)
        away = np.where(self.terms.costs.admissible, self.terms.away, np.nan)
        for k, (name, cost) in enumerate((("local", self.terms.home), ("CPU", away[:, 0]), ("QPU", away[:, 1]))):
            axes.bar(place + 0.28 * (k - 1), cost, 0.28, label=name)
        axes.set(title="the whole task in one mode", xlabel="device", ylabel="cost", yscale="log")
        axes.legend()
        axes = figure.add_subplot(1, 2, 2)
        curves = self.curves
        for i in range(min(self.n, 8)):
            shares = np.linspace(curves.lower[i, CPU], curves.upper[i, CPU], 60)
            if shares[0] <= shares[-1]:
                axes.plot(shares, [curves.value(np.full((self.n, 3), s))[i, CPU] for s in shares], label=str(i))
        axes.set(title="objective over the CPU's share", xlabel="share offloaded", ylabel="V C - z phi")
        axes.legend(title="device", fontsize="small")
