"""P1 with time shares on a grid: a quadratic restriction, the way to QUBO samplers.

The energy-transfer share takes one of the values a_j = j/G and an offloading device one of the shares
tau_k = s_k/G. With one bit y_j a level of a, and one bit z_ik a device and share,

    max  sum_j y_j [ sum_i L_i a_j^(1/3) (1 - sum_k z_ik) + sum_ik o_i(a_j, tau_k) z_ik ]
    s.t. sum_j y_j = 1,   sum_k z_ik <= 1,   sum_j j y_j + sum_ik s_k z_ik <= G.

Every feasible point is a feasible point of P1 with the same objective, so the optimum of the grid problem is
a lower bound on P1's: a restriction. Its answer is completed on the original problem: the devices with a bit
set offload, and P2 chooses a and tau freely, which can only improve it. With a single level of `a`, y is a
constant and needs no bit; with a single share a device needs one bit, the smallest form there is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmectk.errors import InputError, Refused
from qmectk.language import Language
from qmectk.readings.quadratic import read_quadratic
from qmectk.views import RESTRICTION, Lowered

from .frame import P1Frame

Array = NDArray[np.float64]

#: (G, levels j of a, shares s_k). On 30 Rayleigh frames of 10 and of 20 devices these reached the best mean ratios
#: with the default annealer (0.991 and 0.986; 0.992 and 0.991): more levels of `a` make the QUBO rugged, because
#: every one of them multiplies every device's bits.
FINE = (8, (4,), (1, 2))
COARSE = (6, (3,), (1,))


@dataclass(frozen=True)
class GridP1:
    """The grid problem of one instance, declared in the same language as P1 itself."""

    instance: P1Frame
    grid: int
    levels: tuple[int, ...]
    shares: tuple[int, ...]

    def declare(self, m: Language) -> None:
        one, n = self.instance, self.instance.n
        z = m.var("z", n * len(self.shares), kind="binary")
        a = np.array(self.levels) / self.grid
        gain, local = self.tables(a)  # change of the objective when a bit is set; objective without any
        used = m.dot(np.tile(self.shares, n), z)
        if len(a) == 1:
            m.maximize(m.dot(gain[0], z) + local[0])
            m.le(used, self.grid - self.levels[0], "time")
        else:
            y = m.var("y", len(a), kind="binary")
            value = m.dot(local, y)
            for j in range(len(a)):
                value = value + m.dot(gain[j], z) * y[j]
            m.maximize(value)
            m.eq(m.sum(y), 1, "one level of a")
            m.le(m.dot(np.array(self.levels), y) + used, self.grid, "time")
        if len(self.shares) > 1:
            for i in range(one.n):
                block = slice(i * len(self.shares), (i + 1) * len(self.shares))
                m.le(m.sum(z[block]), 1, f"one share of device {i}")

    def tables(self, a: Array) -> tuple[Array, Array]:
        """Gain of each bit at each level, shape (levels, n * shares), and the all-local value, shape (levels,)."""
        one = self.instance
        tau = np.array(self.shares) / self.grid
        offload = one.scale[None, :, None] * tau * np.log1p(one.snr[None, :, None] * a[:, None, None] / tau)
        local = one.passive[None, :] * np.cbrt(a)[:, None]
        return (offload - local[:, :, None]).reshape(len(a), -1), local.sum(axis=1)

    def bits(self) -> int:
        """Bits of its QUBO: variables and the slack of the time constraint."""
        levels = len(self.levels) if len(self.levels) > 1 else 0
        room = self.grid - (self.levels[0] if levels == 0 else 0)
        slack = math.floor(math.log2(room)) + 1 if room else 0
        return levels + self.instance.n * len(self.shares) + slack

    def action(self, values: Mapping[str, Any]) -> NDArray[np.int8]:
        """Devices that offload: any of their bits is set."""
        z = np.asarray(values["z"]).reshape(self.instance.n, len(self.shares))
        return (z.max(axis=1) > 0.5).astype(np.int8)


def lower_to_grid(instance: P1Frame, grid: int, levels: str, shares: str, max_bits: int | None) -> Lowered:
    """The quadratic view of a grid problem.

    Parameters
    ----------
    grid
        Number G of steps; 0 takes :data:`COARSE` for a backend with a limit on bits and :data:`FINE` otherwise.
    levels, shares
        Comma-separated levels j and shares s_k for that grid; "" for the level G/2 and the share 1.
    max_bits
        Largest number of bits the backend takes.
    """
    if not grid and (levels or shares):
        raise InputError("options 'levels' and 'shares' need 'grid', the number of steps they count")
    chosen = _asked(instance, grid, levels, shares) if grid else GridP1(instance, *(COARSE if max_bits else FINE))
    if max_bits is not None and chosen.bits() > max_bits:
        raise Refused(
            f"P1 with {instance.n} devices needs {chosen.bits()} bits on this grid "
            f"and the backend takes at most {max_bits}",
            "use fewer devices or another backend, for example 'sa'",
        )
    quadratic = read_quadratic(chosen)
    note = f"a in {_listed(chosen.levels)}/{chosen.grid}, shares {_listed(chosen.shares)}/{chosen.grid}"
    return Lowered(quadratic, lambda values: instance.complete(chosen.action(values)), RESTRICTION, note)


def _listed(numbers: tuple[int, ...]) -> str:
    return "{" + ", ".join(map(str, numbers)) + "}"


def _asked(instance: P1Frame, grid: int, levels: str, shares: str) -> GridP1:
    if not 2 <= grid <= 1024:
        raise InputError(f"option 'grid' must be between 2 and 1024, not {grid}")
    return GridP1(
        instance,
        grid,
        _whole("levels", levels, grid) if levels else (grid // 2,),
        _whole("shares", shares, grid - 1) if shares else (1,),
    )


def _whole(name: str, text: str, largest: int) -> tuple[int, ...]:
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"option '{name}' takes whole numbers such as '1,2,4', not '{text}'") from error
    if not all(1 <= number <= largest for number in numbers) or len(set(numbers)) != len(numbers):
        raise InputError(f"option '{name}' takes different whole numbers from 1 to {largest}, not '{text}'")
    return numbers
