"""One slot of drift-plus-penalty offloading, declared once.

    max  sum_ms Psi_ms (c_ms / b_ms) y_ms     Psi_ms = (Q_m + H_m + V w_R) b_ms - V w_P P_m
    s.t. sum_s y_ms <= 1                      a device has one radio
         sum_m c_ms y_ms <= F_s tau / (L B)   a server has one CPU
         0 <= y <= 1

with b_ms = R_ms tau / B the tasks a whole slot carries and c_ms = min(b_ms, Q_m) those there are. The device sends
for the fraction x_ms = (c_ms / b_ms) y_ms of the slot. With one server a device, y_ms <= z_ms and sum_s z_ms <= 1,
z binary. (Neely, Stochastic Network Optimization, 2010; Verma et al., Sci. Rep. 15:405, 2025.)
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from qmectk.instance import view
from qmectk.language import Language
from qmectk.presenting.describing import Table
from qmectk.views import RESTRICTION, Binary, Lowered, Quadratic
from qmectk.views.capacity import Capacity
from qmectk.views.decisions import Decisions

from .bits import ServerBits
from .decisions import decisions_of_slots
from .restriction import lower_to_whole_slots
from .slot import DriftSlot

Array = NDArray[np.float64]


@lru_cache(maxsize=32)
def _sums(devices: int, columns: int) -> tuple[Array, Array]:
    """Matrices that sum y over the columns of each device and over the devices of each column."""
    radio = np.kron(np.eye(devices), np.ones((1, columns)))
    server = np.kron(np.ones((1, devices)), np.eye(columns))
    return np.asarray(radio, dtype=float), np.asarray(server, dtype=float)


class DriftInstance(DriftSlot):
    """A slot as it is declared, and its views."""

    def declare(self, m: Language) -> None:
        devices, columns = self.value.shape[-2:]
        flat = (*self.value.shape[:-2], devices * columns)
        radio, server = _sums(devices, columns)
        servers = self.capacity.shape[-1]
        y = m.var("y", devices * columns, upper=1)
        m.maximize(m.dot(self.value.reshape(flat), y))
        m.le(radio @ y, 1, "radio")
        if servers:
            m.le(server[:servers] @ (self.served.reshape(flat) * y), self.capacity, "server capacity")
        if self.one_server:
            z = m.var("z", devices * columns, kind="binary")
            m.le(y, z, "served by the chosen server")
            m.le(radio @ z, 1, "one server")

    def describe(self) -> list[Table]:
        """Queues and links a device; servers; what is declared."""
        count = self.value.shape[1] - self.local
        names = [f"server {k + 1}" for k in range(count)] + ["own CPU"] * self.local
        shown = range(len(names)) if len(names) <= 7 else range(0)
        headers = ("device", "Q", "H", *(f"b {names[k]}" for k in shown), "best link", "worth")
        rows = tuple(
            (
                m + 1,
                float(self.backlog[m]),
                float(self.virtual[m]),
                *(float(self.rate[m, k]) for k in shown),
                names[int(np.argmax(self.rate[m, :count]))],
                float(self.value[m].max()),
            )
            for m in range(self.devices)
        )
        title = f"Q, H: queues [tasks]; b: tasks a whole slot carries; worth: best drift-plus-penalty [{self.unit}]"
        found = [Table(title, headers, rows)]
        if len(self.capacity):
            limits = tuple((names[k], float(limit)) for k, limit in enumerate(self.capacity))
            found.append(Table("servers", ("server", "capacity [tasks/slot]"), limits))
        return [*found, *super().describe()[-2:]]

    def picture(self, figure: Any) -> None:
        """Queues, what a whole slot of each link carries, and what it is worth."""
        figure.set_size_inches(12.0, 4.0)
        left, middle, right = figure.subplots(1, 3)
        devices = np.arange(1, self.devices + 1)
        left.bar(devices, self.backlog, label="Q")
        left.bar(devices, self.virtual, bottom=self.backlog, label="H")
        left.set(title="queues", xlabel="device", ylabel="tasks")
        left.legend()
        for axes, array, title in (
            (middle, self.rate, "tasks a whole slot carries"),
            (right, self.value, f"drift-plus-penalty of a slot [{self.unit}]"),
        ):
            extent = (0.5, array.shape[1] + 0.5, self.devices + 0.5, 0.5)
            figure.colorbar(axes.imshow(array, aspect="auto", extent=extent), ax=axes)
            axes.set_xticks(range(1, array.shape[1] + 1) if array.shape[1] <= 12 else [1, array.shape[1]])
            axes.set(title=title, xlabel="server" + (" (last: own CPU)" if self.local else ""), ylabel="device")
        figure.suptitle(self.label)

    @view(Capacity)
    def slots(self) -> Lowered:
        """The arrays themselves."""
        columns = self.value.shape[1]
        limits = np.full(columns, np.inf)
        limits[: len(self.capacity)] = self.capacity
        own = columns - 1 if self.local else None
        made = Capacity(self.value, self.served, limits, self.rate, self.one_server, own)
        return Lowered(made, self.point)

    @view(Decisions)
    def spread(self) -> Decisions:
        """How a policy spreads every device over the columns; see :mod:`qmectk_problems.drift.decisions`."""
        return decisions_of_slots(self)

    @view(Binary, RESTRICTION)
    def servers(self) -> Lowered:
        """One bit a device and server; what bits cannot say is a slot split over servers."""
        made = ServerBits(self)
        return Lowered(made, made.complete, RESTRICTION)

    @view(Quadratic, RESTRICTION)
    def whole_slots(
        self,
        *,
        steps: Annotated[int, "steps of a server's capacity that loads are rounded up to"] = 8,
        max_bits: int | None = None,
    ) -> Lowered:
        """Whole slots on a grid of loads: see :mod:`qmectk_problems.drift.restriction`."""
        return lower_to_whole_slots(self, steps, max_bits)


class OneServerInstance(DriftInstance):
    """A slot in which a device uses one server only: mixed-integer, and bits say everything."""

    one_server = True

    @view(Binary)
    def servers(self) -> Lowered:
        """One bit a device and server: each device keeps its best chosen one, servers are filled by density."""
        made = ServerBits(self)
        return Lowered(made, made.complete)
