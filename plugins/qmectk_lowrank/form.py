"""The arrays of one problem in the shape that the compiled code works on, and what fixing bits makes of it.

    E(x) = constant + sum_r sign_r (block_r.x - target_r)^2 + linear.x + penalty (sum x - goal)^2
           + sum_a link_a x_a x_{a+1},       x in {0,1}^n

Fixing bits gives a problem of the same shape over the free ones: a bit fixed to one moves the targets and the goal
and adds its links to the linear weights of its neighbours; a link survives where both ends are free and were
neighbours. So every routine works on a whole problem and never sees which bits were fixed before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .arrays import leading
from .compiled import EPS, Bits, Floats, compiled, inner

FREE = 2


class Form(NamedTuple):
    """See the module's docstring; `block` has shape (n, d), `link` has n entries of which the last is 0."""

    block: Floats
    target: Floats
    sign: Floats
    linear: Floats
    link: Floats
    penalty: float
    goal: float
    constant: float


@compiled
def energy(form: Form, bits: Bits) -> float:
    """E(x), summed afresh over the ones."""
    n, d = form.block.shape
    y = np.zeros(d)
    ones = 0
    total = 0.0
    for i in range(n):
        if bits[i]:
            ones += 1
            total += form.linear[i]
            for r in range(d):
                y[r] += form.block[i, r]
            if i + 1 < n and bits[i + 1]:
                total += form.link[i]
    for r in range(d):
        total += form.sign[r] * (y[r] - form.target[r]) ** 2
    return form.constant + total + form.penalty * (ones - form.goal) ** 2


@inner
def scale(form: Form, bits: Bits) -> float:
    """Sum of the magnitudes that `energy` adds up: its rounding error is below a few n eps of this."""
    n, d = form.block.shape
    y = np.zeros(d)
    ones = 0
    total = abs(form.constant)
    for i in range(n):
        if bits[i]:
            ones += 1
            total += abs(form.linear[i])
            for r in range(d):
                y[r] += abs(form.block[i, r])
            if i + 1 < n and bits[i + 1]:
                total += abs(form.link[i])
    for r in range(d):
        total += (y[r] + abs(form.target[r])) ** 2
    return total + form.penalty * (ones - form.goal) ** 2


@compiled
def rounding(form: Form, bits: Bits) -> float:
    """Absolute error allowed for `energy` at these bits."""
    n, d = form.block.shape
    ones = 0
    for i in range(n):
        ones += bits[i]
    return EPS * (2.0 * ones + d + 8.0) * scale(form, bits)


@compiled
def floor(form: Form) -> float:
    """A bound that needs no search: every term at its least. It is exact, not rounded, where those terms are zero."""
    n, d = form.block.shape
    total = form.constant
    for r in range(d):
        if form.sign[r] < 0.0:
            low, high = -form.target[r], -form.target[r]
            for i in range(n):
                low += min(form.block[i, r], 0.0)
                high += max(form.block[i, r], 0.0)
            total -= max(low * low, high * high) * (1.0 + EPS * (2.0 * n + 8.0))
    for i in range(n):
        total += min(form.linear[i], 0.0) + min(form.link[i], 0.0)
    return total - EPS * (n + d + 4.0) * abs(total - form.constant)


@inner
def reduce(form: Form, status: Bits) -> Form:
    """The problem over the bits whose status is FREE; 0 and 1 are fixed values."""
    n, d = form.block.shape
    free = 0
    for i in range(n):
        free += status[i] == FREE
    block = np.empty((free, d))
    linear = np.empty(free)
    link = np.zeros(free)
    target = leading(form.target, d)
    goal = form.goal
    constant = form.constant
    j = 0
    for i in range(n):
        if status[i] == FREE:
            for r in range(d):
                block[j, r] = form.block[i, r]
            linear[j] = form.linear[i]
            if i > 0 and status[i - 1] == 1:
                linear[j] += form.link[i - 1]
            if i + 1 < n and status[i + 1] == 1:
                linear[j] += form.link[i]
            if i + 1 < n and status[i + 1] == FREE:
                link[j] = form.link[i]
            j += 1
        elif status[i] == 1:
            for r in range(d):
                target[r] -= form.block[i, r]
            goal -= 1.0
            constant += form.linear[i]
            if i + 1 < n and status[i + 1] == 1:
                constant += form.link[i]
    return Form(block, target, form.sign, linear, link, form.penalty, goal, constant)


@inner
def convexified(form: Form) -> Form:
    """A problem without negative squares whose value is nowhere above E.

    A square with a minus sign is replaced by its chord over the range [low, high] of its argument:
    -v^2 >= -(low + high) v + low high.
    """
    n, d = form.block.shape
    negative = 0
    for r in range(d):
        negative += form.sign[r] < 0.0
    if negative == 0:
        return form
    block = np.empty((n, d - negative))
    target = np.empty(d - negative)
    linear = leading(form.linear, n)
    constant = form.constant
    kept = 0
    for r in range(d):
        if form.sign[r] > 0.0:
            target[kept] = form.target[r]
            for i in range(n):
                block[i, kept] = form.block[i, r]
            kept += 1
            continue
        low, high = -form.target[r], -form.target[r]
        for i in range(n):
            low += min(form.block[i, r], 0.0)
            high += max(form.block[i, r], 0.0)
        for i in range(n):
            linear[i] -= (low + high) * form.block[i, r]
        constant += (low + high) * form.target[r] + low * high
        constant -= EPS * (4.0 * n + 16.0) * (abs(low) + abs(high)) ** 2
    return Form(block, target, np.ones(d - negative), linear, form.link, form.penalty, form.goal, constant)
