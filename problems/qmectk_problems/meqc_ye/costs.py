"""Latency, energy and deadlines of a slot, and its cost as a curve of the offloaded share phi.

Modes are local, CPU and QPU of the cloud. With T the time and E the energy of the whole task in a mode, A and e_A
those of the answer, the three forms of the cost are

    published   (1 - phi)^2 aL + phi^2 b + phi c           (11) as printed: shares enter the parts and their sum
    serial      (1 - phi) aL + phi b + c [phi > 0]
    parallel    lt max((1 - phi) T_L, phi T_X + A) + le ((1 - phi) e_L + phi E_X + e_A)

with aL = lt T_L + le e_L, b = lt T_X + le E_X, c = lt A + le e_A. The deadline holds for the latency of the same form.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qmectk.views import Curves

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Form = Literal["published", "serial", "parallel"]

LOCAL, CPU, QPU = 0, 1, 2
KINDS = ("local", "cpu", "qpu")

#: Least share of a remote mode where the queue tells exactly 0 from everything else.
LEAST_SHARE = 1e-8

#: A least share below this is rounding, and 0.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Arrivals:
    """What a slot brings.

    Attributes
    ----------
    scale, size, slack
        Task scale, task size [byte] and deadline over the fastest pure mode, shape (..., devices).
    gain
        Channel power gains, shape (..., devices).
    cloud_clock, qubits
        The cloud's clock [Hz] and the leased qubits, shape (...).
    """

    scale: Array
    size: Array
    slack: Array
    gain: Array
    cloud_clock: Array
    qubits: Array


@dataclass(frozen=True)
class Costs:
    """Arrays of any number of slots: a leading axis is allowed everywhere.

    Attributes
    ----------
    local_time, local_energy
        T_L [s] and e_L [J], shape (..., devices).
    time, energy
        T_X [s] and E_X [J] of the CPU and the QPU, shape (..., devices, 2).
    answer_time, answer_energy
        A [s] and e_A [J], shape (..., devices).
    deadline
        t_max [s], shape (..., devices).
    admissible
        Whether the device may use the CPU and the QPU, shape (..., devices, 2).
    observed
        What the paper's policy sees, as it is: the cloud's clock [Hz], leased qubits, size [byte], cycles a byte,
        t_max [s], channel gain and the device's clock [Hz], shape (..., devices, 7).
    """

    local_time: Array
    local_energy: Array
    time: Array
    energy: Array
    answer_time: Array
    answer_energy: Array
    deadline: Array
    admissible: Mask
    observed: Array

    def at(self, index: Any) -> Costs:
        """Some of the slots."""
        return Costs(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    @classmethod
    def join(cls, parts: list[Costs]) -> Costs:
        """Slots one after the other."""
        return cls(**{f.name: np.stack([getattr(part, f.name) for part in parts]) for f in fields(cls)})


@dataclass(frozen=True)
class Terms:
    """The cost of slots under one form and its weights; see the module's docstring."""

    costs: Costs
    form: Form
    time_weight: float
    energy_weight: float
    drop_penalty: float
    least_share: float = 0.0

    def at(self, index: Any) -> Terms:
        """Some of the slots."""
        return replace(self, costs=self.costs.at(index))

    @cached_property
    def home(self) -> Array:
        """aL, shape (..., devices)."""
        return self.time_weight * self.costs.local_time + self.energy_weight * self.costs.local_energy

    @cached_property
    def away(self) -> Array:
        """b of CPU and QPU, shape (..., devices, 2)."""
        return self.time_weight * self.costs.time + self.energy_weight * self.costs.energy

    @cached_property
    def answer(self) -> Array:
        """c, shape (..., devices)."""
        return self.time_weight * self.costs.answer_time + self.energy_weight * self.costs.answer_energy

    @cached_property
    def limits(self) -> tuple[Array, Array, Mask]:
        """Least and largest share of CPU and QPU under the deadline (least > largest: none), and who may stay local."""
        one = self.costs
        local, remote = one.local_time[..., None], one.time
        answer, limit = one.answer_time[..., None], one.deadline[..., None]
        if self.form == "published":
            a, b, c = local + remote, answer - 2.0 * local, local - limit
            inside = b * b - 4.0 * a * c
            root = np.sqrt(np.maximum(inside, 0.0))
            low, high = (-b - root) / (2.0 * a), (-b + root) / (2.0 * a)
            low = np.where(inside < 0.0, np.inf, low)
        elif self.form == "serial":
            slope, room = remote - local, limit - answer - local
            ratio = np.divide(room, slope, out=np.zeros_like(slope), where=slope != 0.0)
            low = np.where(slope < 0.0, ratio, np.where((slope == 0.0) & (room < 0.0), np.inf, 0.0))
            high = np.where(slope > 0.0, ratio, 1.0)
        else:
            low, high = 1.0 - limit / local, (limit - answer) / remote
        low = np.maximum(np.where(low < ROUNDING, 0.0, low), self.least_share)
        high = np.minimum(high, 1.0)
        none = ~one.admissible | (low > high)
        return np.where(none, 1.0, low), np.where(none, 0.0, high), one.local_time <= one.deadline

    @cached_property
    def dropped(self) -> Mask:
        """Devices whose task no mode can finish in time."""
        low, high, local = self.limits
        return ~local & (low > high).all(axis=-1)

    @cached_property
    def drop_extra(self) -> Array:
        """What a dropped task costs beyond computing it locally: it waits until the deadline and is lost."""
        lost = self.time_weight * self.costs.deadline + self.drop_penalty
        return np.where(self.dropped, lost - self.home, 0.0)

    def curves(self, V: float, queue: Array | float, *, local_charge: Array | float = 0.0) -> Curves:
        """V C(phi) - queue phi of every device and mode, shape (..., devices, 3).

        `local_charge` is added where phi = 0: queue Delta under the printed queue.
        """
        low, high, local = self.limits
        shape = (*self.home.shape, 3)
        lower, upper = np.zeros(shape), np.zeros(shape)
        lower[..., 1:], upper[..., 1:] = low, high
        upper[..., LOCAL] = np.where(local | self.dropped, 0.0, -1.0)
        pull = np.broadcast_to(np.asarray(queue, dtype=float), self.home.shape)[..., None]
        constant, linear = np.empty(shape), np.zeros(shape)
        home, answer = self.home[..., None], self.answer[..., None]
        constant[..., LOCAL] = V * (self.home + self.drop_extra) + local_charge
        if self.form == "published":
            quadratic = np.zeros(shape)
            constant[..., 1:] = V * home
            linear[..., 1:] = V * (answer - 2.0 * home) - pull
            quadratic[..., 1:] = V * (home + self.away)
            return Curves(constant, linear, lower, upper, quadratic)
        if self.form == "serial":
            constant[..., 1:] = V * (home + answer)
            linear[..., 1:] = V * (self.away - home) - pull
            return Curves(constant, linear, lower, upper)
        one, energy = self.costs, self.energy_weight
        weight, first_slope, second_slope = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        first, second = np.zeros(shape), np.zeros(shape)
        constant[..., 1:] = (V * energy * (one.local_energy + one.answer_energy))[..., None]
        linear[..., 1:] = V * energy * (one.energy - one.local_energy[..., None]) - pull
        weight[..., 1:] = V * self.time_weight
        first[..., 1:], first_slope[..., 1:] = one.local_time[..., None], -one.local_time[..., None]
        second[..., 1:], second_slope[..., 1:] = one.answer_time[..., None], one.time
        return Curves(constant, linear, lower, upper, None, weight, (first, first_slope), (second, second_slope))
