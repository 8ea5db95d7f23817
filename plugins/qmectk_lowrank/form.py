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

from .arrays import leading, lost
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


@inner
def summed(form: Form, bits: Bits, y: Floats) -> tuple[float, int]:
    """Write B^T x - t into y; returns (u.x + links, number of ones). Sums carry what they lose by rounding."""
    n, d = form.block.shape
    carry = np.zeros(d)
    for r in range(d):
        y[r] = -form.target[r]
    ones = 0
    cost = 0.0
    cost_carry = 0.0
    for i in range(n):
        if bits[i]:
            ones += 1
            cost_carry += lost(cost, form.linear[i])
            cost += form.linear[i]
            for r in range(d):
                carry[r] += lost(y[r], form.block[i, r])
                y[r] += form.block[i, r]
            if i + 1 < n and bits[i + 1]:
                cost_carry += lost(cost, form.link[i])
                cost += form.link[i]
    for r in range(d):
        y[r] += carry[r]
    return cost + cost_carry, ones


@compiled
def energy(form: Form, bits: Bits) -> float:
    """E(x), summed afresh over the ones; see `rounding` for what it may be off."""
    y = np.empty(form.target.size)
    cost, ones = summed(form, bits, y)
    return composed(form, y, cost, ones)


@inner
def composed(form: Form, y: Floats, cost: float, ones: int) -> float:
    """E(x) from its sums."""
    total = form.constant + cost
    carry = lost(form.constant, cost)
    for r in range(y.size):
        term = form.sign[r] * (y[r] * y[r])
        carry += lost(total, term)
        total += term
    count = form.penalty * (ones - form.goal) ** 2
    carry += lost(total, count)
    return total + count + carry


@compiled
def rounding(form: Form, bits: Bits) -> float:
    """Absolute error allowed for `energy` at these bits.

    Every term of the last sum is rounded a few times, relative to itself; that sum and those inside the terms lose
    eps of their results and eps^2 of what they add up.
    """
    n, d = form.block.shape
    y = np.empty(d)
    cost, ones = summed(form, bits, y)
    count = form.penalty * (ones - form.goal) ** 2
    total = abs(cost) + count
    within = abs(form.constant) + abs(cost) + count
    size = np.empty(d)
    for r in range(d):
        size[r] = abs(form.target[r])
    for i in range(n):
        if bits[i]:
            within += abs(form.linear[i])
            if i + 1 < n and bits[i + 1]:
                within += abs(form.link[i])
            for r in range(d):
                size[r] += abs(form.block[i, r])
    for r in range(d):
        total += y[r] * y[r]
        within += size[r] * (abs(y[r]) + EPS * size[r])
    return 8.0 * EPS * (total + abs(composed(form, y, cost, ones))) + 8.0 * (n + d + 4.0) * EPS * EPS * within


@compiled
def floor(form: Form) -> float:
    """A bound that needs no search: every term at its least. It is exact, not rounded, where those terms are zero."""
    n, d = form.block.shape
    total = 0.0
    for r in range(d):
        if form.sign[r] < 0.0:
            low, high = -form.target[r], -form.target[r]
            for i in range(n):
                low += min(form.block[i, r], 0.0)
                high += max(form.block[i, r], 0.0)
            total -= max(low * low, high * high) * (1.0 + EPS * (2.0 * n + 8.0))
    for i in range(n):
        total += min(form.linear[i], 0.0) + min(form.link[i], 0.0)
    if total == 0.0:
        return form.constant
    return form.constant + total - EPS * ((n + d + 6.0) * abs(total) + 2.0 * abs(form.constant))


@inner
def reduce(form: Form, status: Bits) -> Form:
    """The problem over the bits whose status is FREE; 0 and 1 are fixed values.

    What is summed up here carries what it loses by rounding, so every number is right to a few eps of itself; what can
    be lost beyond that, eps^2 of what was added up, is taken off the constant.
    """
    n, d = form.block.shape
    free = 0
    for i in range(n):
        free += status[i] == FREE
    if free == n:
        return form
    block = np.empty((free, d))
    linear = np.empty(free)
    link = np.zeros(free)
    target = leading(form.target, d)
    carry = np.zeros(d)
    size = np.zeros(d)  # of what is added up in each target
    reach = np.zeros(d)  # of the free blocks
    fixed = 0
    constant = form.constant
    constant_carry = 0.0
    constant_size = abs(constant)
    j = 0
    for i in range(n):
        if status[i] == FREE:
            for r in range(d):
                block[j, r] = form.block[i, r]
                reach[r] += abs(form.block[i, r])
            weight = form.linear[i]
            weight_carry = 0.0
            if i > 0 and status[i - 1] == 1:
                weight_carry += lost(weight, form.link[i - 1])
                weight += form.link[i - 1]
            if i + 1 < n and status[i + 1] == 1:
                weight_carry += lost(weight, form.link[i])
                weight += form.link[i]
            linear[j] = weight + weight_carry
            if i + 1 < n and status[i + 1] == FREE:
                link[j] = form.link[i]
            j += 1
        elif status[i] == 1:
            for r in range(d):
                carry[r] += lost(target[r], -form.block[i, r])
                target[r] -= form.block[i, r]
                size[r] += abs(form.block[i, r])
            fixed += 1
            constant_carry += lost(constant, form.linear[i])
            constant += form.linear[i]
            constant_size += abs(form.linear[i])
            if i + 1 < n and status[i + 1] == 1:
                constant_carry += lost(constant, form.link[i])
                constant += form.link[i]
                constant_size += abs(form.link[i])
    if fixed > 0:
        constant += constant_carry
        beyond = 4.0 * (fixed + 2.0) * EPS * EPS
        constant -= beyond * constant_size
        for r in range(d):
            target[r] += carry[r]
            off = beyond * (size[r] + abs(form.target[r]))
            constant -= off * (2.0 * (reach[r] + abs(target[r])) + off)
    return Form(block, target, form.sign, linear, link, form.penalty, form.goal - fixed, constant)


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
